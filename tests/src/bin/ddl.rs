//! Prints the tables that a record kind's declaration asks for, as its migration: `cargo run -p suite --bin ddl -- visits`.
//! `--write` fills the migrations that are empty; `--write NAME` writes a record kind's anew, as long as no database has it.

use std::path::{Path, PathBuf};

use record::service::Slice;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    let write = wanted.first().is_some_and(|word| word == "--write");
    wanted.retain(|word| word != "--write");
    let common = record::common::slices();
    let lists: [(PathBuf, Vec<Slice>); 4] = [
        (root.join("shared/record"), common),
        (root.join("services/registry"), registry::slices()),
        (root.join("services/assistance"), assistance::slices()),
        (root.join("services/partner-aid"), partner_aid::slices()),
    ];
    for (folder, slices) in lists {
        for slice in slices {
            let spec = slice.registered.spec;
            let path = folder.join("migrations").join(format!("{}.sql", spec.table));
            let named = wanted.iter().any(|name| name == spec.collection || name == spec.table);
            let empty = wanted.is_empty() && std::fs::metadata(&path).map_or(0, |found| found.len()) == 0;
            if write && (named || empty) {
                std::fs::write(&path, record::ddl::statements(spec))?;
                println!("{}", path.display());
            } else if named {
                print!("{}", record::ddl::statements(spec));
            }
        }
    }
    Ok(())
}
