//! The change feed: events of committed transactions in an order that no later commit disturbs.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::db::Db;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// A place in the feed: everything up to and with it has been seen. Ordered as the feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeedPosition {
    /// Transaction number: PostgreSQL's own, or the known time of the set on SQLite.
    pub transaction: i64,
    /// Number of the event within its transaction, from 0.
    pub ordinal: i64,
}

impl FeedPosition {
    /// Before all events.
    pub const START: Self = Self { transaction: 0, ordinal: -1 };
}

impl fmt::Display for FeedPosition {
    /// `transaction.ordinal`, readable by [`FromStr`].
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.transaction, self.ordinal)
    }
}

impl FromStr for FeedPosition {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let (transaction, ordinal) =
            text.split_once('.').ok_or_else(|| StoreError::other("not a feed position"))?;
        let number = |text: &str| text.parse::<i64>().map_err(|_| StoreError::other("not a feed position"));
        Ok(Self { transaction: number(transaction)?, ordinal: number(ordinal)? })
    }
}

/// An event of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place.
    pub position: FeedPosition,
    /// Known time of its transaction, µs.
    pub recorded_at: i64,
    /// Collection of the resource.
    pub collection: String,
    /// Identifier within the collection.
    pub id: String,
    /// Version written.
    pub version: i64,
    /// What happened: a verb.
    pub kind: String,
    /// Division where it happened.
    pub area: String,
    /// Division that may see it, at the time of the event.
    pub scope_area: String,
    /// JSON that the kind of event declares.
    pub detail: Option<String>,
}

/// Some events of the feed, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The events that pass the filter.
    pub events: Vec<Event>,
    /// Where to go on. It may be past the last event, over events that did not pass.
    pub next: FeedPosition,
}

/// Events looked at in one statement, at least.
const WINDOW: u32 = 500;
/// Statements for one page, at most, where few events pass the filter.
const WINDOWS: usize = 8;
/// How often a feed is looked at for events of other processes.
const POLL: Duration = Duration::from_millis(250);

impl Db {
    /// At most `limit` events after a position, of transactions that are closed: no event with a lower position can
    /// appear later. `collections`: only these, or all where it is empty. `ranges`: only events whose area or
    /// scope area is in one of the half-open ranges.
    pub async fn feed(
        &self,
        after: Option<FeedPosition>,
        limit: u32,
        collections: &[String],
        ranges: Option<&[(String, String)]>,
    ) -> Result<FeedPage, StoreError> {
        let mut page = FeedPage { events: Vec::new(), next: after.unwrap_or(FeedPosition::START) };
        let limit = limit.max(1);
        let window = limit.max(WINDOW);
        for _ in 0..WINDOWS {
            let rows = self.window(page.next, window).await?;
            let last = rows.len() < window as usize;
            for row in rows {
                let event = event(row);
                page.next = event.position;
                if passes(&event, collections, ranges) {
                    page.events.push(event);
                    if page.events.len() >= limit as usize {
                        return Ok(page);
                    }
                }
            }
            if last {
                break;
            }
        }
        Ok(page)
    }

    async fn window(&self, after: FeedPosition, window: u32) -> Result<Vec<Row>, StoreError> {
        let closed = self.dialect().closed_transactions();
        let sql = format!(
            "SELECT xid, ordinal, recorded_at, collection, id, version, kind, area, scope_area, detail FROM outbox \
             WHERE (xid, ordinal) > ($1, $2){closed} ORDER BY xid, ordinal LIMIT $3"
        );
        let args = [after.transaction, after.ordinal, i64::from(window)].map(Value::Integer);
        self.all(&sql, &args).await
    }

    /// Position of the last event of a closed transaction.
    pub async fn feed_head(&self) -> Result<FeedPosition, StoreError> {
        let closed = self.dialect().closed_transactions();
        let sql = format!(
            "SELECT xid, ordinal FROM outbox WHERE xid >= $1{closed} ORDER BY xid DESC, ordinal DESC LIMIT 1"
        );
        let rows = self.all(&sql, &[Value::Integer(0)]).await?;
        Ok(rows.first().map_or(FeedPosition::START, |row| FeedPosition {
            transaction: row.integer(0),
            ordinal: row.integer(1),
        }))
    }

    /// How many events come after a position that pass the filters of [`Self::feed`]; no more than `limit` are counted.
    pub async fn feed_behind(
        &self,
        after: FeedPosition,
        limit: u32,
        collections: &[String],
        ranges: Option<&[(String, String)]>,
    ) -> Result<i64, StoreError> {
        let closed = self.dialect().closed_transactions();
        let mut args = [after.transaction, after.ordinal, i64::from(limit)].map(Value::Integer).to_vec();
        let mut bind = |text: &String| {
            args.push(Value::from(text.as_str()));
            format!("${}", args.len())
        };
        let mut filters = String::new();
        if !collections.is_empty() {
            let named: Vec<String> = collections.iter().map(&mut bind).collect();
            filters.push_str(&format!(" AND collection IN ({})", named.join(", ")));
        }
        if let Some(ranges) = ranges {
            let within = ranges.iter().map(|(from, to)| {
                let (from, to) = (bind(from), bind(to));
                format!("(area >= {from} AND area < {to}) OR (scope_area >= {from} AND scope_area < {to})")
            });
            let within: Vec<String> = within.collect();
            filters.push_str(&format!(
                " AND ({})",
                if within.is_empty() { "1 = 0".to_owned() } else { within.join(" OR ") }
            ));
        }
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE (xid, ordinal) > ($1, $2){closed}{filters} \
             LIMIT $3) AS counted"
        );
        Ok(self.all(&sql, &args).await?.first().map_or(0, |row| row.integer(0)))
    }

    /// Waits until there are events after a position, or for `up_to`. Commits of this process wake it at once, those
    /// of others after 250 ms at most. It returns early where the database cannot be asked.
    pub async fn feed_changed(&self, after: &FeedPosition, up_to: Duration) {
        let waiting = async {
            let mut commits = self.commits();
            while let Ok(false) = self.has_news(after).await {
                // Elapsed or not, the next look at the database decides.
                let _ = tokio::time::timeout(POLL, commits.changed()).await;
            }
        };
        let _ = tokio::time::timeout(up_to, waiting).await;
    }

    async fn has_news(&self, after: &FeedPosition) -> Result<bool, StoreError> {
        Ok(!self.window(*after, 1).await?.is_empty())
    }
}

fn event(mut row: Row) -> Event {
    let mut text = |column| row.take_text(column);
    let (collection, id, kind) = (text(3), text(4), text(6));
    let (area, scope_area, detail) = (text(7), text(8), text(9));
    Event {
        position: FeedPosition { transaction: row.integer(0), ordinal: row.integer(1) },
        recorded_at: row.integer(2),
        collection: collection.unwrap_or_default(),
        id: id.unwrap_or_default(),
        version: row.integer(5),
        kind: kind.unwrap_or_default(),
        area: area.unwrap_or_default(),
        scope_area: scope_area.unwrap_or_default(),
        detail,
    }
}

fn passes(event: &Event, collections: &[String], ranges: Option<&[(String, String)]>) -> bool {
    let within = |area: &String, (from, to): &(String, String)| area >= from && area < to;
    (collections.is_empty() || collections.contains(&event.collection))
        && ranges.is_none_or(|ranges| {
            ranges.iter().any(|range| within(&event.area, range) || within(&event.scope_area, range))
        })
}
