//! The map of the suite and the few places that are let off a rule, each with its reason. Shorter is better: a line
//! that is needed no longer fails too.

/// Crate, the crates of the suite that it may use, and those that its build step may use.
pub(crate) const CRATES: [(&str, &[&str], &[&str]); 14] = [
    ("proto", &[], &[]),
    ("kernel", &[], &[]),
    ("store", &["kernel"], &[]),
    ("declare", &[], &[]),
    ("runtime", &["kernel", "proto"], &[]),
    // Reads and writes files; what a cell means is the record's.
    ("sheet", &["kernel", "proto"], &[]),
    ("record", &["kernel", "proto", "store", "runtime"], &["declare"]),
    ("registry", SERVICE, &["declare"]),
    ("assistance", SERVICE, &["declare"]),
    ("partner-aid", SERVICE, &["declare"]),
    // Owns no facts, so it has no store.
    ("gateway", &["kernel", "proto", "record", "runtime", "sheet"], &[]),
    ("xiuhua", EVERYTHING, &[]),
    // Whatever is tested.
    ("suite", EVERYTHING, &[]),
    // Starts the suite as its tests do.
    ("benches", MEASURED, &[]),
];

/// Services meet over gRPC only: none is in another's list.
const SERVICE: &[&str] = &["kernel", "proto", "store", "record", "runtime"];

const EVERYTHING: &[&str] = &[
    "kernel",
    "proto",
    "store",
    "record",
    "runtime",
    "sheet",
    "registry",
    "assistance",
    "partner-aid",
    "gateway",
    "xiuhua",
];

const MEASURED: &[&str] = &[
    "kernel",
    "proto",
    "store",
    "record",
    "runtime",
    "registry",
    "assistance",
    "partner-aid",
    "xiuhua",
    "suite",
];

/// What a crate's own tests may use besides.
pub(crate) const FOR_TESTS: [(&str, &str); 2] = [
    // Generated code is compiled against the values it names.
    ("declare", "kernel"),
    ("suite", "declare"),
];

/// Libraries that only some crates may use, tests aside.
pub(crate) const LIBRARIES: [(&str, &[&str], &str); 9] = [
    // The benchmark's limits are sqlx by itself.
    ("sqlx", &["store", "benches"], "what differs between databases is in shared/store and nowhere else"),
    ("protox", &["proto", "declare"], "the contract is read at build time"),
    ("tonic-prost-build", &["proto"], "types are generated once"),
    (
        "tokio",
        &[
            "store",
            "sheet",
            "record",
            "runtime",
            "registry",
            "assistance",
            "partner-aid",
            "gateway",
            "xiuhua",
            "suite",
            "benches",
        ],
        "kernel and declare are plain values and functions",
    ),
    (
        "tonic",
        &[
            "proto",
            "record",
            "runtime",
            "registry",
            "assistance",
            "partner-aid",
            "gateway",
            "xiuhua",
            "suite",
            "benches",
        ],
        "kernel and store know no wire",
    ),
    ("axum", &["runtime", "gateway"], "HTTP is the shell's and the JSON face's"),
    (
        "prost-reflect",
        &["declare", "runtime", "gateway", "xiuhua", "suite"],
        "slices use the generated types; reflection serves the build step, policies and JSON",
    ),
    ("getrandom", &["kernel"], "randomness is passed in as kernel::randomness::Randomness"),
    ("clap", &["declare", "xiuhua"], "configuration of a service is runtime's"),
];

/// What may stand at the top of the repository.
pub(crate) const TOP: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "deploy",
    "proto",
    "services",
    "shared",
    "target",
    "tests",
];

/// Hand-written SQL outside `shared/store` and a slice's `store.rs`.
pub(crate) const SQL_STANDS_IN: &[(&str, &str)] = &[
    ("shared/record/src/common/history.rs", "versions of a record"),
    ("shared/record/src/common/household_facts.rs", "records of a household"),
    ("shared/record/src/ddl.rs", "tables that a declaration asks for"),
    ("shared/record/src/follow.rs", "facts that an event of the registry concerns"),
    ("shared/record/src/indicator/compile.rs", "an indicator as a query"),
    ("shared/record/src/indicator/evidence.rs", "an indicator as a query"),
    ("shared/record/src/indicator/scan.rs", "an indicator as a query"),
    ("shared/record/src/indicator/setting.rs", "a parameter as an indicator"),
    ("shared/record/src/load.rs", "the rows that rules ask for"),
    ("shared/record/src/read.rs", "Get and List"),
    ("shared/record/src/stage.rs", "the write path"),
    ("shared/record/src/table/export.rs", "a table as a file"),
    ("services/xiuhua/src/commands/database.rs", "schemas and roles, before any service has the database"),
    ("services/registry/src/household/shown.rs", "joins what List shows of three kinds of record"),
    ("services/registry/src/lookup.rs", "finds records by their declared keys, in batches"),
    ("services/registry/src/places.rs", "finds divisions by name, in batches"),
    ("services/registry/src/standing.rs", "answers 1,000 standings in a few statements"),
];

/// Words that another engine with PostgreSQL's language does not know, or that tie a fact to one writer.
pub(crate) const SQL_WITHOUT: [&str; 11] = [
    "SERIAL",
    "BIGSERIAL",
    "SEQUENCE",
    "nextval",
    "TRIGGER",
    "LISTEN",
    "NOTIFY",
    "SAVEPOINT",
    "TEMPORARY",
    "TEMP TABLE",
    "pg_advisory",
];

/// Where one of them stands all the same.
pub(crate) const SQL_WITHOUT_BUT: &[(&str, &str)] = &[(
    "shared/store/src/sqlite_writer.rs",
    "commits that share a transaction on SQLite, which has one writer anyway",
)];

/// Where waiting for a time is the work itself.
pub(crate) const WAITS: &[(&str, &str)] = &[
    ("services/gateway/src/report/compose.rs", "looks again at the feed until a deadline"),
    ("shared/record/src/follow.rs", "calls the registry again after a pause"),
    ("services/xiuhua/src/client/import.rs", "takes up an import whose stream broke"),
    ("services/xiuhua/src/commands/export.rs", "reads on where a stream broke"),
    ("shared/runtime/src/client/mod.rs", "a retry's pause"),
    ("shared/runtime/src/server/mod.rs", "the two waits of a shutdown"),
    ("shared/store/src/postgres.rs", "looks again until a moment is closed"),
];

/// Files and functions over their limit, by path or `path: function`.
pub(crate) const LONG: &[(&str, &str)] = &[];

/// Hosts of registries, in halves, so that this file passes. A lock file names them; nothing that people write may.
pub(crate) const HOSTS: [(&str, &str); 8] = [
    ("crates", "io/"),
    ("index.crates", "io"),
    ("static.crates", "io"),
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("debian", "org"),
    ("proxy.golang", "org"),
];

/// Folders of some machine, likewise.
pub(crate) const MACHINE_FOLDERS: [(&str, &str); 4] =
    [("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Us", "ers/")];
