//! `ChangeFeedService` of the whole suite. Events of one service keep their order; those of different services have none.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use futures::future::try_join_all;
use futures::stream::select_all;
use futures::{Stream, StreamExt};
use kernel::failure::{Failure, Reason};
use kernel::page::{self, PageToken};
use prost_types::Timestamp;
use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use proto::common::change_feed_service_server::ChangeFeedService;
use proto::common::{GetHeadRequest, GetHeadResponse, Position, WatchRequest, WatchResponse};
use record::common::beginning;
use runtime::context::Context;
use tonic::{Request, Response, Status};

use super::directory::Owner;
use super::passed_on;
use crate::Gateway;

/// What tokens of positions belong to.
const TOKENS: &str = "xiuhua.common.v1.ChangeFeedService";

/// Where the feed of each service stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Positions(BTreeMap<String, Position>);

impl Positions {
    /// Reads a token; the beginning of all feeds where it is empty.
    ///
    /// # Errors
    /// `RESUME_TOKEN_INVALID`.
    fn read(token: &str) -> Result<Self, Failure> {
        if token.is_empty() {
            return Ok(Self::default());
        }
        let invalid = || Failure::new(Reason::ResumeTokenInvalid);
        let token = page::decode(token, &page::query_digest(&[TOKENS])).map_err(|_| invalid())?;
        let positions = token.position.chunks(2).map(|part| match part {
            [service, token] => Ok((service.clone(), Position { token: token.clone(), at: None })),
            _ => Err(invalid()),
        });
        positions.collect::<Result<_, Failure>>().map(Self)
    }

    /// The position of one service is now this.
    pub(super) fn set(&mut self, service: &str, position: Position) {
        self.0.insert(service.to_owned(), position);
    }

    /// The token of all of them: one position a service.
    pub(super) fn token(&self) -> String {
        let position =
            self.0.iter().flat_map(|(service, position)| [service.clone(), position.token.clone()]);
        page::encode(&PageToken { query_digest: page::query_digest(&[TOKENS]), position: position.collect() })
    }

    /// The token of all of them, with this position of one service.
    fn token_with(&mut self, service: &str, token: String) -> String {
        let at = self.0.get(service).and_then(|position| position.at);
        self.set(service, Position { token, at });
        self.token()
    }

    /// When the oldest of them was taken.
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.0.values().filter_map(|position| position.at).min_by_key(|at| (at.seconds, at.nanos))
    }

    fn whole(&self) -> Position {
        Position { token: self.token(), at: self.at() }
    }
}

#[tonic::async_trait]
impl ChangeFeedService for Gateway {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let context = Context::of(&request);
        let request = request.into_inner();
        let mut positions = Positions::read(&request.position).map_err(|failure| context.status(&failure))?;
        let collections = self.collections(&request.collections);
        let feeds = collections.into_iter().map(|(service, collections)| {
            let position =
                positions.0.get(service).map(|position| position.token.clone()).unwrap_or_default();
            let (until_head, area) = (request.until_head, request.area.clone());
            let request = WatchRequest { position, collections, until_head, area };
            let context = &context;
            async move {
                let outgoing =
                    self.channels().to(service, context).map_err(|failure| context.status(&failure))?;
                let mut client = ChangeFeedServiceClient::new(outgoing).max_decoding_message_size(usize::MAX);
                let feed = client.watch(request).await.map_err(|status| passed_on(&status))?;
                Ok::<_, Status>(feed.into_inner().map(move |answer| (service, answer)).boxed())
            }
        });
        let feeds = try_join_all(feeds).await?;
        let events = select_all(feeds).map(move |(service, answer)| {
            let mut answer = answer.map_err(|status| passed_on(&status))?;
            for event in &mut answer.events {
                event.position = positions.token_with(service, std::mem::take(&mut event.position));
            }
            positions.set(service, answer.position.unwrap_or_default());
            Ok(WatchResponse { events: answer.events, position: Some(positions.whole()) })
        });
        let draining = context.draining.clone();
        let stopping = futures::stream::once(async move {
            draining.cancelled().await;
            Err(context.status(&Failure::new(Reason::ShuttingDown)))
        });
        // The feeds' own end is the end; a stop of the gateway ends them early, and an error ends them at once.
        let events = events.map(Some).chain(futures::stream::iter([None]));
        let events = futures::stream::select(events, stopping.map(Some));
        let events =
            events.take_while(|event| std::future::ready(event.is_some())).filter_map(std::future::ready);
        Ok(Response::new(Box::pin(until_error(events))))
    }

    async fn get_head(&self, request: Request<GetHeadRequest>) -> Result<Response<GetHeadResponse>, Status> {
        let context = &Context::of(&request);
        let request = request.into_inner();
        let counted = !request.after.is_empty();
        let after = Positions::read(&request.after).map_err(|failure| context.status(&failure))?;
        let mut asked = self.collections(&request.collections);
        let heads = self.channels().services().map(|service| {
            // A head is told of every service; counted is only where something of it was asked about, from the beginning
            // where the position says nothing of the service.
            let request = match asked.remove(service) {
                Some(collections) if counted => GetHeadRequest {
                    after: after.0.get(service).map_or_else(beginning, |position| position.token.clone()),
                    collections,
                },
                _ => GetHeadRequest::default(),
            };
            async move {
                let outgoing =
                    self.channels().to(service, context).map_err(|failure| context.status(&failure))?;
                let head = ChangeFeedServiceClient::new(outgoing).get_head(request).await;
                Ok::<_, Status>((service, head.map_err(|status| passed_on(&status))?.into_inner()))
            }
        });
        let (mut positions, mut behind) = (Positions::default(), 0);
        for (service, answer) in try_join_all(heads).await? {
            positions.set(service, answer.head.unwrap_or_default());
            behind += answer.behind;
        }
        Ok(Response::new(GetHeadResponse { head: Some(positions.whole()), behind }))
    }
}

impl Gateway {
    /// Which collections are asked of which service: all of all where none are named. A collection that no service owns is
    /// left to the first one to refuse.
    fn collections(&self, named: &[String]) -> BTreeMap<&'static str, Vec<String>> {
        let services: BTreeSet<&'static str> = self.channels().services().collect();
        if named.is_empty() {
            return services.into_iter().map(|service| (service, Vec::new())).collect();
        }
        let mut asked = BTreeMap::<&'static str, Vec<String>>::new();
        for collection in named {
            let owners = match self.directory().owner_of_collection(collection) {
                Some(Owner::Service(service)) => vec![service],
                Some(Owner::Every) => services.iter().copied().collect(),
                None => services.iter().copied().take(1).collect(),
            };
            for service in owners {
                asked.entry(service).or_default().push(collection.clone());
            }
        }
        asked
    }
}

/// The items up to and with the first error.
fn until_error<T: Send + 'static>(
    items: impl Stream<Item = Result<T, Status>> + Send + 'static,
) -> impl Stream<Item = Result<T, Status>> + Send + 'static {
    items.scan(false, |ended, item| {
        let over = std::mem::replace(ended, item.is_err());
        std::future::ready((!over).then_some(item))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_position_a_service() {
        let mut positions = Positions::default();
        positions.set(
            "registry",
            Position { token: "12.0".to_owned(), at: Some(Timestamp { seconds: 9, nanos: 0 }) },
        );
        positions.set(
            "assistance",
            Position { token: "7.3".to_owned(), at: Some(Timestamp { seconds: 5, nanos: 0 }) },
        );
        assert_eq!(positions.at().unwrap().seconds, 5);
        let read = Positions::read(&positions.token()).unwrap();
        assert_eq!((read.0["registry"].token.as_str(), read.0["assistance"].token.as_str()), ("12.0", "7.3"));
        assert!(Positions::read("").unwrap().0.is_empty());
        assert_eq!(Positions::read("12.0").unwrap_err().reason(), Reason::ResumeTokenInvalid);
    }
}
