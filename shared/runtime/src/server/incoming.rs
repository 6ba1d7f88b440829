//! Connections that can be cut off: when the service has drained long enough, or when they are too old.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::transport::server::{Connected, TcpConnectInfo, TcpIncoming};

use crate::config::ConnectionConfig;

/// The connections of a listener.
pub(super) fn connections(
    listener: TcpListener,
    config: &ConnectionConfig,
    cut: CancellationToken,
) -> impl Stream<Item = io::Result<Connection>> + use<> {
    let oldest = match config.max_age_seconds {
        0 => None,
        age => Some(Duration::from_secs(age.saturating_add(config.max_age_grace_seconds))),
    };
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    incoming.map(move |accepted| {
        let cut = cut.clone();
        let end: BoxFuture<'static, ()> = Box::pin(async move {
            match oldest {
                Some(oldest) => drop(tokio::time::timeout(oldest, cut.cancelled_owned()).await),
                None => cut.cancelled_owned().await,
            }
        });
        accepted.map(|stream| Connection { stream, end: Some(end) })
    })
}

/// A connection that fails once its end has come.
pub(super) struct Connection {
    stream: TcpStream,
    /// Gone once it has come.
    end: Option<BoxFuture<'static, ()>>,
}

impl Connection {
    /// Fails if the end has come; else arranges to be woken by it.
    fn living(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let ended = match &mut self.end {
            Some(end) => end.as_mut().poll(context).is_ready(),
            None => true,
        };
        if ended {
            self.end = None;
            return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        }
        Ok(())
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        let address = |found: io::Result<SocketAddr>| found.ok();
        TcpConnectInfo {
            local_addr: address(self.stream.local_addr()),
            remote_addr: address(self.stream.peer_addr()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.living(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
