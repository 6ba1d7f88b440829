//! The types of `note.proto` as prost writes them, and the server trait as tonic does.

use prost_types::Timestamp;

use crate::common::{RecordMeta, Reveal};

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Reader {
    #[prost(string, tag = "1")]
    pub full_name: String,
    #[prost(int32, optional, tag = "2")]
    pub age: Option<i32>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Envelope {
    #[prost(string, tag = "1")]
    pub sent_on: String,
    #[prost(string, repeated, tag = "2")]
    pub stamps: Vec<String>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Line {
    #[prost(string, tag = "1")]
    pub element_id: String,
    #[prost(int32, tag = "2")]
    pub kind: i32,
    #[prost(int64, optional, tag = "3")]
    pub amount_fen: Option<i64>,
    #[prost(message, optional, tag = "4")]
    pub reader: Option<Reader>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Subject {
    #[prost(message, repeated, tag = "4")]
    pub lines: Vec<Line>,
    #[prost(oneof = "subject::About", tags = "1, 2, 3")]
    pub about: Option<subject::About>,
}

pub mod subject {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum About {
        #[prost(string, tag = "1")]
        Title(String),
        #[prost(message, tag = "2")]
        Person(super::Reader),
        #[prost(int64, tag = "3")]
        Number(i64),
    }
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Note {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub meta: Option<RecordMeta>,
    #[prost(string, tag = "3")]
    pub etag: String,
    #[prost(message, optional, tag = "10")]
    pub envelope: Option<Envelope>,
    #[prost(message, optional, tag = "11")]
    pub subject: Option<Subject>,
    #[prost(message, repeated, tag = "12")]
    pub lines: Vec<Line>,
    #[prost(message, optional, tag = "13")]
    pub seen_at: Option<Timestamp>,
    #[prost(bool, optional, tag = "14")]
    pub open: Option<bool>,
    #[prost(int32, tag = "15")]
    pub r#type: i32,
    #[prost(string, tag = "16")]
    pub phone: String,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NoteSheetRow {
    #[prost(int32, optional, tag = "1")]
    pub lines: Option<i32>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct GetNoteRequest {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub as_of: String,
    #[prost(message, optional, tag = "3")]
    pub known_at: Option<Timestamp>,
    #[prost(message, optional, tag = "4")]
    pub reveal: Option<Reveal>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct GetNoteResponse {
    #[prost(message, optional, tag = "1")]
    pub note: Option<Note>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SealNoteRequest {
    #[prost(string, tag = "1")]
    pub request_id: String,
    #[prost(bool, tag = "2")]
    pub validate_only: bool,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub etag: String,
    #[prost(string, tag = "5")]
    pub occurred_on: String,
    #[prost(string, tag = "6")]
    pub note: String,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SealNoteResponse {
    #[prost(message, optional, tag = "1")]
    pub note: Option<Note>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CountNotesRequest {}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CountNotesResponse {
    #[prost(int64, tag = "1")]
    pub notes: i64,
}

pub mod note_service_server {
    use tonic::{Request, Response, Status};

    use super::{CountNotesRequest, CountNotesResponse, GetNoteRequest, GetNoteResponse};
    use super::{SealNoteRequest, SealNoteResponse};

    #[tonic::async_trait]
    pub trait NoteService: Send + Sync + 'static {
        async fn get_note(
            &self,
            request: Request<GetNoteRequest>,
        ) -> Result<Response<GetNoteResponse>, Status>;
        async fn seal_note(
            &self,
            request: Request<SealNoteRequest>,
        ) -> Result<Response<SealNoteResponse>, Status>;
        async fn count_notes(
            &self,
            request: Request<CountNotesRequest>,
        ) -> Result<Response<CountNotesResponse>, Status>;
    }
}
