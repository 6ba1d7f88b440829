//! The seam between typed records and the engine: one table of leaves, one `get`, one `set`.

use std::any::Any;

use crate::spec::{SheetSpec, Spec};
use crate::value::Value;
use proto::common::RecordMeta;

/// A record's type as the engine sees it; written by the build step for a local marker of each resource.
pub trait Resource: Send + Sync + 'static {
    /// The contract's message.
    type Record: prost::Message + Default + Clone + PartialEq + Send + Sync + 'static;
    /// What the contract declares.
    const SPEC: &'static Spec;

    /// The value of a leaf; `Null` where the field is absent (an empty text, an unspecified enum).
    fn get(record: &Self::Record, leaf: usize) -> Value;
    /// Sets a leaf; `Null` clears it.
    fn set(record: &mut Self::Record, leaf: usize, value: Value);
    /// How many elements a child has.
    fn child_count(record: &Self::Record, child: usize) -> usize;
    /// The value of an element's leaf.
    fn child_get(record: &Self::Record, child: usize, element: usize, leaf: usize) -> Value;
    /// Sets an element's leaf.
    fn child_set(record: &mut Self::Record, child: usize, element: usize, leaf: usize, value: Value);
    /// Appends an empty element.
    fn child_push(record: &mut Self::Record, child: usize);
    /// Keeps the first `count` elements.
    fn child_truncate(record: &mut Self::Record, child: usize, count: usize);
    /// Field 1.
    fn name(record: &Self::Record) -> &str;
    /// Sets fields 1, 2, 3 and 4: name, meta, etag, state (a state the message does not have is ignored).
    fn set_head(record: &mut Self::Record, name: String, meta: RecordMeta, etag: String, state: i32);
    /// Field 2.
    fn meta(record: &Self::Record) -> Option<&RecordMeta>;
    /// Field 2, made where it is absent.
    fn meta_mut(record: &mut Self::Record) -> &mut RecordMeta;
    /// Field 3.
    fn etag(record: &Self::Record) -> &str;
}

/// The row of a form sheet; written by the build step.
pub trait SheetRow: Send + Sync + 'static {
    /// The contract's message.
    type Row: prost::Message + Default + Clone + Send + Sync + 'static;
    /// What the contract declares.
    const SPEC: &'static SheetSpec;

    /// The value of a leaf.
    fn get(row: &Self::Row, leaf: usize) -> Value;
    /// Sets a leaf.
    fn set(row: &mut Self::Row, leaf: usize, value: Value);
}

/// A record of any type.
pub trait AnyRecord: Any + Send + Sync {
    /// What the contract declares of its type.
    fn spec(&self) -> &'static Spec;
    /// See [`Resource::get`].
    fn get(&self, leaf: usize) -> Value;
    /// See [`Resource::set`].
    fn set(&mut self, leaf: usize, value: Value);
    /// See [`Resource::child_count`].
    fn child_count(&self, child: usize) -> usize;
    /// See [`Resource::child_get`].
    fn child_get(&self, child: usize, element: usize, leaf: usize) -> Value;
    /// See [`Resource::child_set`].
    fn child_set(&mut self, child: usize, element: usize, leaf: usize, value: Value);
    /// See [`Resource::child_push`].
    fn child_push(&mut self, child: usize);
    /// See [`Resource::child_truncate`].
    fn child_truncate(&mut self, child: usize, count: usize);
    /// See [`Resource::name`].
    fn name(&self) -> &str;
    /// See [`Resource::meta`].
    fn meta(&self) -> Option<&RecordMeta>;
    /// See [`Resource::meta_mut`].
    fn meta_mut(&mut self) -> &mut RecordMeta;
    /// See [`Resource::etag`].
    fn etag(&self) -> &str;
    /// See [`Resource::set_head`].
    fn set_head(&mut self, name: String, meta: RecordMeta, etag: String, state: i32);
    /// The message on the wire.
    fn encode(&self) -> Vec<u8>;
    /// A copy.
    fn copy(&self) -> Box<dyn AnyRecord>;
    /// For downcasts.
    fn as_any(&self) -> &dyn Any;
    /// For downcasts.
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// For downcasts.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// A typed record inside the erased one.
pub struct Rec<R: Resource>(pub R::Record);

impl<R: Resource> AnyRecord for Rec<R> {
    fn spec(&self) -> &'static Spec {
        R::SPEC
    }
    fn get(&self, leaf: usize) -> Value {
        R::get(&self.0, leaf)
    }
    fn set(&mut self, leaf: usize, value: Value) {
        R::set(&mut self.0, leaf, value);
    }
    fn child_count(&self, child: usize) -> usize {
        R::child_count(&self.0, child)
    }
    fn child_get(&self, child: usize, element: usize, leaf: usize) -> Value {
        R::child_get(&self.0, child, element, leaf)
    }
    fn child_set(&mut self, child: usize, element: usize, leaf: usize, value: Value) {
        R::child_set(&mut self.0, child, element, leaf, value);
    }
    fn child_push(&mut self, child: usize) {
        R::child_push(&mut self.0, child);
    }
    fn child_truncate(&mut self, child: usize, count: usize) {
        R::child_truncate(&mut self.0, child, count);
    }
    fn name(&self) -> &str {
        R::name(&self.0)
    }
    fn meta(&self) -> Option<&RecordMeta> {
        R::meta(&self.0)
    }
    fn meta_mut(&mut self) -> &mut RecordMeta {
        R::meta_mut(&mut self.0)
    }
    fn etag(&self) -> &str {
        R::etag(&self.0)
    }
    fn set_head(&mut self, name: String, meta: RecordMeta, etag: String, state: i32) {
        R::set_head(&mut self.0, name, meta, etag, state);
    }
    fn encode(&self) -> Vec<u8> {
        prost::Message::encode_to_vec(&self.0)
    }
    fn copy(&self) -> Box<dyn AnyRecord> {
        Box::new(Rec::<R>(self.0.clone()))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl Clone for Box<dyn AnyRecord> {
    fn clone(&self) -> Self {
        self.copy()
    }
}

/// The typed view of an erased record.
pub fn typed<R: Resource>(record: &dyn AnyRecord) -> Option<&R::Record> {
    record.as_any().downcast_ref::<Rec<R>>().map(|rec| &rec.0)
}

/// The typed view of an erased record, to change it.
pub fn typed_mut<R: Resource>(record: &mut dyn AnyRecord) -> Option<&mut R::Record> {
    record.as_any_mut().downcast_mut::<Rec<R>>().map(|rec| &mut rec.0)
}

/// The typed record, taken out of the erased one.
pub fn into_typed<R: Resource>(record: Box<dyn AnyRecord>) -> Option<R::Record> {
    record.into_any().downcast::<Rec<R>>().ok().map(|rec| rec.0)
}
