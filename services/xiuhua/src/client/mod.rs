//! A gateway as the command line sees it: an address, a token, a language.

pub mod codes;
pub mod import;
pub mod table;

use std::path::Path;
use std::time::Duration;

use http_headers::{ACCEPT_LANGUAGE, AUTHORIZATION};
use kernel::language::Language;
use proto::common::table_service_client::TableServiceClient;
use proto::xiuhua::gateway::v1::household_profile_service_client::HouseholdProfileServiceClient;
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::registry::v1::division_service_client::DivisionServiceClient;
use proto::xiuhua::registry::v1::snapshot_service_client::SnapshotServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::arguments::Client;
use crate::exit::Stop;
use crate::words;

mod http_headers {
    pub(super) const ACCEPT_LANGUAGE: &str = "accept-language";
    pub(super) const AUTHORIZATION: &str = "authorization";
}

/// Most bytes of one answer: a report with the values of all villages is large.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Most bytes of an answer's headers: details of refusals travel in them.
const HEADER_BYTES: u32 = 64 * 1024;

/// How long a single answer may take: a report of a whole prefecture is the longest.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A channel that says who calls, in which language.
pub type Signed = InterceptedService<Channel, Signature>;

/// What goes along with every call.
#[derive(Clone)]
pub struct Signature {
    token: Option<MetadataValue<Ascii>>,
    language: Language,
}

impl Interceptor for Signature {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        if let Some(token) = &self.token {
            metadata.insert(AUTHORIZATION, token.clone());
        }
        metadata.insert(ACCEPT_LANGUAGE, MetadataValue::from_static(self.language.as_str()));
        Ok(request)
    }
}

/// A connection; connects when it is first used. A clone is another handle of the same.
#[derive(Clone)]
pub struct Connection {
    channel: Channel,
    signature: Signature,
}

impl Connection {
    /// To a gateway (`http://host:port`), with a token if there is one.
    ///
    /// # Errors
    /// An address that is none; a token that cannot stand in a header.
    pub fn new(address: &str, token: Option<&str>, language: Language) -> Result<Self, Stop> {
        let token = token.map(bearer).transpose()?;
        let channel = endpoint(address)?.connect_lazy();
        Ok(Self { channel, signature: Signature { token, language } })
    }

    /// As the command line says. It connects: who is not there is told by name.
    ///
    /// # Errors
    /// As [`Self::new`]; no token, or a file that cannot be read; a gateway that cannot be reached.
    pub async fn of_arguments(arguments: &Client, language: Language) -> Result<Self, Stop> {
        let token = match (&arguments.token_file, &arguments.token) {
            (Some(path), _) => read(path)?,
            (None, Some(token)) => token.clone(),
            (None, None) => return Err(Stop::usage(words::NO_TOKEN.text(language))),
        };
        let token = Some(bearer(&token)?);
        let connected = endpoint(&arguments.address)?.connect().await;
        let channel = connected.map_err(|error| {
            let why = innermost(&error);
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("address", &arguments.address), ("why", &why)];
            Stop::unavailable(words::UNREACHABLE.fill(language, &values))
        })?;
        Ok(Self { channel, signature: Signature { token, language } })
    }

    /// The same connection with another token.
    ///
    /// # Errors
    /// A token that cannot stand in a header.
    pub fn with_token(&self, token: &str) -> Result<Self, Stop> {
        let signature = Signature { token: Some(bearer(token)?), language: self.signature.language };
        Ok(Self { channel: self.channel.clone(), signature })
    }

    /// The language of the answers.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.signature.language
    }

    /// The channel, for the client of any other service.
    #[must_use]
    pub fn signed(&self) -> Signed {
        InterceptedService::new(self.channel.clone(), self.signature.clone())
    }

    /// Tables: import and export.
    #[must_use]
    pub fn tables(&self) -> TableServiceClient<Signed> {
        TableServiceClient::new(self.signed()).max_decoding_message_size(ANSWER_BYTES)
    }

    /// Reports and their evidence.
    #[must_use]
    pub fn reports(&self) -> ReportServiceClient<Signed> {
        ReportServiceClient::new(self.signed()).max_decoding_message_size(ANSWER_BYTES)
    }

    /// Profiles of households.
    #[must_use]
    pub fn profiles(&self) -> HouseholdProfileServiceClient<Signed> {
        HouseholdProfileServiceClient::new(self.signed()).max_decoding_message_size(ANSWER_BYTES)
    }

    /// Snapshots.
    #[must_use]
    pub fn snapshots(&self) -> SnapshotServiceClient<Signed> {
        SnapshotServiceClient::new(self.signed())
    }

    /// Divisions.
    #[must_use]
    pub fn divisions(&self) -> DivisionServiceClient<Signed> {
        DivisionServiceClient::new(self.signed())
    }
}

fn endpoint(address: &str) -> Result<Endpoint, Stop> {
    let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let endpoint = Endpoint::from_shared(address.clone());
    Ok(endpoint
        .map_err(|error| Stop::usage(format_args!("{address}: {error}")))?
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20))
        .http2_max_header_list_size(HEADER_BYTES)
        .initial_stream_window_size(Some(1024 * 1024))
        .initial_connection_window_size(Some(4 * 1024 * 1024)))
}

fn bearer(token: &str) -> Result<MetadataValue<Ascii>, Stop> {
    let mut value: MetadataValue<Ascii> = format!("Bearer {}", token.trim()).parse().map_err(Stop::usage)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The cause of causes: the outer ones only say that something went wrong.
fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

/// A request that may take its time.
#[must_use]
pub fn patient<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(PATIENCE);
    request
}

fn read(path: &Path) -> Result<String, Stop> {
    std::fs::read_to_string(path).map_err(|error| Stop::unreadable(path, error))
}
