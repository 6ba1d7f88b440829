//! `get`: all that is known of one thing. A noun is a request and a way to print its answer.

mod household;

use kernel::clock::Moment;
use prost_types::Timestamp;
use proto::xiuhua::gateway::v1::GetHouseholdProfileRequest;

use super::{Manner, print, whole};
use crate::arguments::{GetFormat, Getting};
use crate::client::codes::Codes;
use crate::client::{Connection, patient};
use crate::exit::Stop;
use crate::words;

/// Prints the profile of a household.
pub(crate) async fn household(id: String, getting: Getting, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&getting.client, manner.language).await?;
    // A name has its collection before it; a number on the forms never has a slash.
    let (household, household_no) = if id.contains('/') { (id, String::new()) } else { (String::new(), id) };
    let request = GetHouseholdProfileRequest {
        household,
        household_no,
        as_of: getting.as_of.unwrap_or_default(),
        known_at: getting.known_at.map(timestamp),
        ..GetHouseholdProfileRequest::default()
    };
    let answer = connection.profiles().get_household_profile(patient(request)).await?;
    let profile = answer.into_inner().profile.unwrap_or_default();
    let text = match getting.format {
        GetFormat::Table => {
            let codes = Codes::read(&connection, household::code_tables()).await;
            household::text(&profile, &codes, manner.language)
        }
        GetFormat::Json => gateway::json::profile_json(&profile)
            .map_err(|failure| Stop::of_failure(&failure, manner.language))?,
    };
    print(&(text + "\n"))?;
    whole(profile.complete, words::PROFILE_INCOMPLETE.text(manner.language))
}

const fn timestamp(moment: Moment) -> Timestamp {
    let (seconds, nanos) = moment.seconds_and_nanos();
    Timestamp { seconds, nanos }
}
