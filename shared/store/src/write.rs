//! What one commit writes: steps over tables, events, audit entries, and the answered request.

use std::sync::Arc;

use crate::feed::FeedPosition;
use crate::value::Value;

/// All that is written together or not at all. Steps run in their order, but for guards, which run first.
#[derive(Debug, Default)]
pub struct WriteSet {
    /// Changes of tables.
    pub steps: Vec<Step>,
    /// Events for the change feed, in their order.
    pub events: Vec<NewEvent>,
    /// Audit entries.
    pub audit: Vec<NewAudit>,
    /// The answered request; a second one of the same subject and id is a conflict.
    pub request: Option<NewRequest>,
}

/// One change. Identifiers of tables and columns come from declarations, never from a caller.
#[derive(Debug, Clone)]
pub enum Step {
    /// New rows. A row whose key exists already is a conflict.
    Insert {
        /// Table.
        table: &'static str,
        /// Columns, not quoted.
        columns: Arc<[String]>,
        /// One value a column in each row.
        rows: Vec<Vec<Value>>,
    },
    /// Ends the open rows of these versions: sets `superseded_at` to the commit's known time. A version that has no
    /// open row, or that was recorded at that time or later, is a conflict.
    Supersede {
        /// Table with `id`, `version`, `recorded_at` and `superseded_at`.
        table: &'static str,
        /// Identifier and version of each.
        rows: Vec<(String, i64)>,
    },
    /// Ends the open rows of these elements of a child table, as [`Step::Supersede`] does for versions.
    SupersedeElements {
        /// Child table with `id`, `element_id`, `recorded_at` and `superseded_at`.
        table: &'static str,
        /// Identifier of the parent and of the element.
        rows: Vec<(String, String)>,
    },
    /// Demands that these versions are still open at the commit, else it is a conflict.
    Unchanged {
        /// Table with `id`, `version` and `superseded_at`.
        table: &'static str,
        /// Identifier and version of each.
        rows: Vec<(String, i64)>,
    },
    /// Moves guards on: each subject with the version that was read, 0 for none. Any other version is a conflict.
    Guard {
        /// Subject and version read.
        rows: Vec<(String, i64)>,
    },
    /// One statement (INSERT, UPDATE or DELETE without RETURNING) with `$1`, `$2`, … each used once in this order.
    Execute {
        /// The statement.
        sql: String,
        /// One value a placeholder.
        args: Vec<Value>,
        /// How many rows it must touch; another number is a conflict.
        expect: Option<u64>,
    },
}

/// An event that followers of the change feed see. It holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Collection of the resource, as in its name.
    pub collection: String,
    /// Identifier within the collection.
    pub id: String,
    /// Version written.
    pub version: i64,
    /// What happened: a verb.
    pub kind: String,
    /// Division where it happened.
    pub area: String,
    /// Division that may see it now.
    pub scope_area: String,
    /// JSON that the kind of event declares.
    pub detail: Option<String>,
}

/// An entry of the audit trail. Names of fields, never their values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewAudit {
    /// Who called.
    pub subject: String,
    /// For whom a service called.
    pub on_behalf_of: Option<String>,
    /// Role that allowed it.
    pub role: String,
    /// Full name of the RPC.
    pub method: String,
    /// What was done.
    pub action: String,
    /// Name of the resource.
    pub resource: Option<String>,
    /// Division.
    pub area: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// Reason of a refusal.
    pub reason: Option<String>,
    /// Names of the fields, as a JSON list.
    pub fields: Option<String>,
    /// Keyed digest of what was written.
    pub digest: Option<String>,
    /// How many records or repetitions the entry stands for.
    pub count: i64,
    /// Purpose that the caller stated.
    pub purpose: Option<String>,
    /// Legal basis of the disclosure.
    pub legal_basis: Option<String>,
    /// Where the data came from.
    pub source: Option<String>,
}

/// An answered request, kept so that a repetition gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Who asked.
    pub subject: String,
    /// The caller's id of the request.
    pub request_id: String,
    /// Keyed digest of the request.
    pub digest: String,
    /// Status of the answer.
    pub status: i64,
    /// JSON list of `[collection, id, version]`.
    pub resources: String,
}

/// What a commit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Known time of all its rows, µs.
    pub known_at: i64,
    /// Position of its last event in the change feed; where it has none, just before its first one would be.
    pub position: FeedPosition,
}
