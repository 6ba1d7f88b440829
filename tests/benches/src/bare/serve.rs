//! A tonic server of one unary method: no layers, no middleware, the messages of the contract.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use prost::Message;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// A unary method.
pub(crate) trait Method: Send + Sync + 'static {
    /// The service to which it belongs, by its full name. Whatever its method, it is this one.
    const SERVICE: &'static str;
    /// Its request.
    type Request: Message + Default + 'static;
    /// Its answer.
    type Answer: Message + Default + 'static;

    /// Answers.
    fn answer(
        &self,
        request: Request<Self::Request>,
    ) -> impl Future<Output = Result<Self::Answer, Status>> + Send;
}

struct Handler<M>(Arc<M>);

impl<M> Clone for Handler<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Method> NamedService for Handler<M> {
    const NAME: &'static str = M::SERVICE;
}

impl<M: Method> Service<http::Request<Body>> for Handler<M> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let handler = self.clone();
        Box::pin(async move {
            Ok(Grpc::new(ProstCodec::<M::Answer, M::Request>::default()).unary(handler, request).await)
        })
    }
}

impl<M: Method> UnaryService<M::Request> for Handler<M> {
    type Response = M::Answer;
    type Future = BoxFuture<Response<M::Answer>, Status>;

    fn call(&mut self, request: Request<M::Request>) -> Self::Future {
        let method = Arc::clone(&self.0);
        Box::pin(async move { method.answer(request).await.map(Response::new) })
    }
}

/// A server in this process; it ends when it is dropped.
pub(crate) struct Server {
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    _end: DropGuard,
}

impl Server {
    /// Serves a method.
    pub(crate) async fn start<M: Method>(method: M) -> Self {
        let routes = tonic::service::Routes::new(Handler(Arc::new(method)));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let end = CancellationToken::new();
        // As the suite's own listener does: an answer is not held back until the one before is acknowledged.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = tonic::transport::Server::builder().add_routes(routes);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, end.clone().cancelled_owned()));
        Self { url, _end: end.drop_guard() }
    }
}
