//! The registry asked over gRPC, in batches, with the caller's own token.

use kernel::failure::{Failure, Reason};
use proto::common::HouseholdStatus;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::standing_question::Subject;
use runtime::client::{Channels, Outgoing};
use tonic::Status;

use crate::call::Call;
use crate::surroundings::{
    Ask, PlaceAsk, PlaceReply, Replies, Reply, Standing, StandingAsk, StandingReply, Surroundings, Who,
};

/// Most questions in one call.
const BATCH: usize = 1_000;

/// The registry as its neighbours see it.
pub struct Registry {
    /// Channels of the process.
    pub channels: Channels,
}

#[tonic::async_trait]
impl Surroundings for Registry {
    async fn ask(&self, call: &Call, asks: Vec<Ask>) -> Result<Replies, Failure> {
        let outgoing = self.channels.to("registry", &call.context)?;
        let (mut places, mut codes, mut standings) = (Vec::new(), Vec::new(), Vec::new());
        for ask in asks {
            match ask {
                Ask::Place(place) => places.push(place),
                Ask::Division(code) => codes.push(code),
                Ask::Standing(standing) => standings.push(standing),
            }
        }
        let mut replies = Replies::new();
        places.sort_by(|one: &PlaceAsk, other| one.within.cmp(&other.within));
        for within in places.chunk_by(|one, other| one.within == other.within) {
            for chunk in within.chunks(BATCH) {
                self.places(&outgoing, chunk, &mut replies).await?;
            }
        }
        for chunk in codes.chunks(BATCH) {
            self.divisions(&outgoing, chunk, &mut replies).await?;
        }
        for chunk in standings.chunks(BATCH) {
            self.standings(&outgoing, chunk, &mut replies).await?;
        }
        Ok(replies)
    }
}

impl Registry {
    async fn places(
        &self,
        outgoing: &Outgoing,
        asks: &[PlaceAsk],
        replies: &mut Replies,
    ) -> Result<(), Failure> {
        let within = asks.first().map(|ask| ask.within.clone()).unwrap_or_default();
        let places = asks.iter().map(|ask| p::PlaceName {
            county: ask.county.clone(),
            township: ask.township.clone(),
            village: ask.village.clone(),
        });
        let request = p::LookupDivisionsRequest { places: places.collect(), within, as_of: String::new() };
        let mut client = p::division_service_client::DivisionServiceClient::new(outgoing.clone());
        let answer = client.lookup_divisions(request).await.map_err(|status| outgoing.failure(&status))?;
        let answers = answer.into_inner().answers;
        complete(asks.len(), answers.len())?;
        for (ask, found) in asks.iter().zip(answers) {
            let reply = match found.outcome() {
                p::LookupOutcome::Found => PlaceReply::Found(found.code),
                p::LookupOutcome::Ambiguous => PlaceReply::Ambiguous(found.candidates),
                p::LookupOutcome::NotFound => PlaceReply::Unknown,
                p::LookupOutcome::Unspecified => return Err(unexpected()),
            };
            replies.insert(Ask::Place(ask.clone()), Reply::Place(reply));
        }
        Ok(())
    }

    async fn divisions(
        &self,
        outgoing: &Outgoing,
        codes: &[String],
        replies: &mut Replies,
    ) -> Result<(), Failure> {
        let mut client = p::division_service_client::DivisionServiceClient::new(outgoing.clone());
        let names: Vec<String> = codes.iter().map(|code| format!("divisions/{code}")).collect();
        let found = client
            .batch_get_divisions(p::BatchGetDivisionsRequest {
                names,
                ..p::BatchGetDivisionsRequest::default()
            })
            .await;
        match found {
            Ok(answer) => {
                for division in answer.into_inner().divisions {
                    replies.insert(Ask::Division(division.code), Reply::Division(Some(division.name_zh)));
                }
            }
            // One that is not there refuses the batch: then each is asked for itself.
            Err(status) if is_not_found(&status) => {
                for code in codes {
                    let name = self.division(&mut client, outgoing, code).await?;
                    replies.insert(Ask::Division(code.clone()), Reply::Division(name));
                }
            }
            Err(status) => return Err(outgoing.failure(&status)),
        }
        Ok(())
    }

    async fn division(
        &self,
        client: &mut p::division_service_client::DivisionServiceClient<Outgoing>,
        outgoing: &Outgoing,
        code: &str,
    ) -> Result<Option<String>, Failure> {
        let request =
            p::GetDivisionRequest { name: format!("divisions/{code}"), ..p::GetDivisionRequest::default() };
        match client.get_division(request).await {
            Ok(answer) => Ok(answer.into_inner().division.map(|division| division.name_zh)),
            Err(status) if is_not_found(&status) => Ok(None),
            Err(status) => Err(outgoing.failure(&status)),
        }
    }

    async fn standings(
        &self,
        outgoing: &Outgoing,
        asks: &[StandingAsk],
        replies: &mut Replies,
    ) -> Result<(), Failure> {
        let questions = asks.iter().map(|ask| p::StandingQuestion {
            subject: Some(match &ask.who {
                Who::IdNumber(number) => Subject::IdNumber(number.clone()),
                Who::HouseholdNo(number) => Subject::HouseholdNo(number.clone()),
                Who::Household(name) => Subject::Household(name.clone()),
            }),
            on: ask.on.clone(),
        });
        let request = p::BatchCheckStandingsRequest { questions: questions.collect(), known_at: None };
        let mut client = p::standing_service_client::StandingServiceClient::new(outgoing.clone());
        let answer =
            client.batch_check_standings(request).await.map_err(|status| outgoing.failure(&status))?;
        let answers = answer.into_inner().answers;
        complete(asks.len(), answers.len())?;
        for (ask, found) in asks.iter().zip(answers) {
            let reply = match found.outcome() {
                p::StandingOutcome::Found => StandingReply::Found(Standing {
                    status: HouseholdStatus::try_from(found.status).unwrap_or_default(),
                    household: found.household,
                    person: (!found.person.is_empty()).then_some(found.person),
                    area: found.area,
                }),
                p::StandingOutcome::NotRegistered => StandingReply::NotRegistered,
                p::StandingOutcome::Ambiguous => StandingReply::Ambiguous,
                // Silence is never "not registered".
                p::StandingOutcome::Unspecified => return Err(unexpected()),
            };
            replies.insert(Ask::Standing(ask.clone()), Reply::Standing(reply));
        }
        Ok(())
    }
}

fn is_not_found(status: &Status) -> bool {
    status.code() == tonic::Code::NotFound
}

fn complete(asked: usize, answered: usize) -> Result<(), Failure> {
    if asked == answered { Ok(()) } else { Err(unexpected()) }
}

fn unexpected() -> Failure {
    Failure::new(Reason::AnswerUnexpected).with("service", "registry")
}
