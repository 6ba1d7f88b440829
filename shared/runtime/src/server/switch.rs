//! gRPC, gRPC-Web and everything else on one port.

use std::convert::Infallible;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use tonic::body::Body;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, Service};

use crate::shell::Dressed;

/// How the content type of every gRPC call begins.
const GRPC: &[u8] = b"application/grpc";
/// Those of gRPC-Web, as its specification lists them.
const GRPC_WEB: [&[u8]; 4] = [
    b"application/grpc-web",
    b"application/grpc-web+proto",
    b"application/grpc-web-text",
    b"application/grpc-web-text+proto",
];

/// Parts requests by their content type.
#[derive(Clone)]
pub(super) struct Switch {
    rpc: Dressed,
    /// Where there are pages, browsers are let in. tonic's layer answers everything that is not gRPC-Web with an empty 400,
    /// so it stands before the RPCs alone and sees gRPC-Web alone.
    browsers: Option<(GrpcWebService<Dressed>, axum::Router)>,
}

impl Switch {
    /// Before a service's RPCs and, where it has them, its pages.
    pub(super) fn new(rpc: Dressed, web: Option<axum::Router>) -> Self {
        let browsers = web.map(|web| (GrpcWebLayer::new().layer(rpc.clone()), web));
        Self { rpc, browsers }
    }
}

impl Service<http::Request<Body>> for Switch {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.rpc.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let kind = request.headers().get(CONTENT_TYPE).map_or(&[][..], http::HeaderValue::as_bytes);
        match &mut self.browsers {
            Some((grpc_web, _)) if GRPC_WEB.contains(&kind) => Box::pin(grpc_web.call(request)),
            Some((_, web)) if !kind.starts_with(GRPC) => {
                let answer = web.call(request);
                Box::pin(async move { answer.await.map(|response| response.map(Body::new)) })
            }
            _ => Box::pin(self.rpc.call(request)),
        }
    }
}
