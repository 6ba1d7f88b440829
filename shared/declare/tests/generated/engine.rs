//! An engine that remembers what it was asked.

use std::sync::{Arc, Mutex};

use kernel::failure::{Failure, Reason, Violations};
use prost_types::Timestamp;
use tonic::{Request, Response, Status};

use crate::common::Reveal;
use crate::resource::{AnyRecord, Rec, Resource};
use crate::spec::Spec;

pub struct Call {
    pub method: &'static str,
}

pub struct ActContext;

pub struct Get {
    pub name: String,
    pub as_of: String,
    pub known_at: Option<Timestamp>,
    pub reveal: Option<Reveal>,
}

pub struct Act {
    pub request_id: String,
    pub validate_only: bool,
    pub name: String,
    pub etag: String,
    pub verb: &'static str,
    pub occurred_on: String,
    pub note: String,
    pub digest: Vec<u8>,
}

pub type Slice = Box<dyn Fn(&mut dyn AnyRecord, &ActContext, &mut Violations) + Send + Sync>;

#[derive(Clone, Default)]
pub struct Engine {
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Engine {
    pub fn remember(&self, text: String) {
        self.asked.lock().expect("no panic while held").push(text);
    }
    pub async fn get(
        &self,
        call: &Call,
        spec: &'static Spec,
        get: Get,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        self.remember(format!("{} {} {}", call.method, spec.collection, get.name));
        Err(Failure::new(Reason::ReferenceNotFound))
    }
    pub async fn act(
        &self,
        call: &Call,
        spec: &'static Spec,
        act: Act,
        slice: Slice,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        self.remember(format!("{} {} {} {}", call.method, spec.collection, act.verb, act.name));
        let mut record: Box<dyn AnyRecord> = Box::new(Rec::<crate::contract::Notes>(Default::default()));
        slice(record.as_mut(), &ActContext, &mut Violations::default());
        Ok(record)
    }
}

pub fn open<M>(request: Request<M>, method: &'static str) -> Result<(Call, M), Status> {
    Ok((Call { method }, request.into_inner()))
}

pub fn reply<T, R>(
    _call: &Call,
    answer: Result<T, Failure>,
    wrap: impl FnOnce(T) -> R,
) -> Result<Response<R>, Status> {
    answer.map(|found| Response::new(wrap(found))).map_err(|_| Status::not_found("nothing"))
}

pub fn typed_mut<R: Resource>(record: &mut dyn AnyRecord) -> Option<&mut R::Record> {
    record.as_any_mut().downcast_mut::<Rec<R>>().map(|rec| &mut rec.0)
}
