//! Prints the tables that a record kind's declaration asks for, as its migration: `cargo run -p suite --bin ddl -- visits`.
//! With `--write` puts the migration of every record kind that has none yet beside its service.

use std::path::{Path, PathBuf};

use record::service::Slice;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let wanted: Vec<String> = std::env::args().skip(1).collect();
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
            if wanted == ["--write"] {
                if std::fs::metadata(&path).map_or(0, |found| found.len()) == 0 {
                    std::fs::write(&path, record::ddl::statements(spec))?;
                    println!("{}", path.display());
                }
            } else if wanted.iter().any(|name| name == spec.collection || name == spec.table) {
                print!("{}", record::ddl::statements(spec));
            }
        }
    }
    Ok(())
}
