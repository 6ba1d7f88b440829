//! How far a service is behind the feed that it follows, for the operator's metrics. It is asked apart from following, so
//! that it is told of a follower that stands still as well.

use std::sync::Arc;
use std::time::Duration;

use kernel::failure::Failure;
use proto::common::GetHeadRequest;
use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use runtime::client::{Channels, Identity};
use store::FeedPosition;
use tokio::time::{MissedTickBehavior, interval};

use crate::engine::Engine;
use crate::follow::{COLLECTIONS, REGISTRY};

/// Events that a service has still to follow, by `service` and whom it `follows`.
const EVENTS: &str = "xiuhua_feed_lag_events";
/// Whether the feed could be asked, 1 or 0; where it could not, the lag is the last one known.
const REACHED: &str = "xiuhua_feed_reached";
/// How often it is asked, and how long an answer may take.
const EVERY: Duration = Duration::from_secs(5);

/// Measures until the engine is gone.
pub(crate) fn start(engine: &Engine, channels: Channels, identity: Arc<Identity>) {
    let weak = Arc::downgrade(&engine.0);
    tokio::spawn(async move {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(engine) = weak.upgrade().map(Engine) else { return };
            let labels = [("service", engine.inner().name), ("follows", REGISTRY)];
            let behind = events_behind(&engine, &channels, &identity).await;
            metrics::gauge!(REACHED, &labels).set(f64::from(u8::from(behind.is_ok())));
            if let Ok(events) = behind {
                // Counted up to a bound that a gauge holds exactly.
                metrics::gauge!(EVENTS, &labels).set(events as f64);
            }
        }
    });
}

/// How many events of the registry a service that follows it has still to see.
///
/// # Errors
/// Where the registry cannot be asked.
pub async fn events_behind(
    engine: &Engine,
    channels: &Channels,
    identity: &Identity,
) -> Result<i64, Failure> {
    let kept = engine.db().feed_cursor(REGISTRY).await?.unwrap_or(FeedPosition::START);
    let reached = engine.inner().followed.positions().into_iter().filter_map(|reached| reached.position);
    let reached = reached.filter_map(|position| position.token.parse::<FeedPosition>().ok()).max();
    let context = identity.background()?.within(EVERY);
    let outgoing = channels.to(REGISTRY, &context)?;
    let request = GetHeadRequest {
        after: reached.map_or(kept, |reached| reached.max(kept)).to_string(),
        collections: COLLECTIONS.map(str::to_owned).to_vec(),
    };
    let answer = ChangeFeedServiceClient::new(outgoing.clone()).get_head(request).await;
    Ok(answer.map_err(|status| outgoing.failure(&status))?.into_inner().behind)
}
