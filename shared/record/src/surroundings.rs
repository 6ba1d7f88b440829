//! What a write may ask of the world beyond its own tables: the registry's places and standings.

use std::collections::HashMap;

use kernel::failure::Failure;
use proto::common::HouseholdStatus;

use crate::call::Call;

/// One question to the surroundings. Equal questions of a batch are asked once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ask {
    /// Which division these names mean.
    Place(PlaceAsk),
    /// Whether a division code exists.
    Division(String),
    /// The standing of a person or household on a day.
    Standing(StandingAsk),
}

/// Names of a place within an area; empty names are not stated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlaceAsk {
    /// Area that bounds the names: a prefecture's or county's code.
    pub within: String,
    /// County's (or prefecture's) name.
    pub county: String,
    /// Township's name.
    pub township: String,
    /// Village's name.
    pub village: String,
}

/// Who is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// By identity number (18 characters). Never logged.
    IdNumber(String),
    /// By the form's 户编号.
    HouseholdNo(String),
    /// By resource name of a household.
    Household(String),
}

/// The standing of someone on a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StandingAsk {
    /// Who.
    pub who: Who,
    /// The day, ISO.
    pub on: String,
}

/// Answer to [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To a place.
    Place(PlaceReply),
    /// To a division: its Chinese name, if it exists.
    Division(Option<String>),
    /// To a standing.
    Standing(StandingReply),
}

/// Which division the names mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceReply {
    /// Exactly this one.
    Found(String),
    /// None.
    Unknown,
    /// Several: their codes.
    Ambiguous(Vec<String>),
}

/// The registry's answer. A scope never turns into `NotRegistered`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandingReply {
    /// Known.
    Found(Standing),
    /// Nobody of that number is registered.
    NotRegistered,
    /// Several match.
    Ambiguous,
}

/// What is known of someone's household on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Resource name of the household.
    pub household: String,
    /// Resource name of the person, where one was asked about.
    pub person: Option<String>,
    /// The household's division now.
    pub area: String,
    /// Its standing on the day.
    pub status: HouseholdStatus,
}

/// Answers to a batch of questions.
pub type Replies = HashMap<Ask, Reply>;

/// Answers questions in batches. The registry answers from its own tables, the others over gRPC with the
/// caller's own token.
#[tonic::async_trait]
pub trait Surroundings: Send + Sync {
    /// Answers every question, or fails whole: an unreachable registry is never an answer.
    async fn ask(&self, call: &Call, asks: Vec<Ask>) -> Result<Replies, Failure>;
}
