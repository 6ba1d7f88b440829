//! As much of `xiuhua.common.v1` as a fixture needs.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RecordMeta {
    #[prost(string, tag = "1")]
    pub area: String,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Reveal {
    #[prost(string, tag = "2")]
    pub purpose: String,
}
