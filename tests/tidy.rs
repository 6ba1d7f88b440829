//! The map, enforced: who may depend on whom, where SQL may stand, how long a thing may be, what may not be written at
//! all. It reads the files and builds nothing. Limits and exceptions are in `tidy/map.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "tidy/manifest.rs"]
mod manifest;
#[path = "tidy/map.rs"]
mod map;
#[path = "tidy/rust.rs"]
mod rust;
#[path = "tidy/sql.rs"]
mod sql;
#[path = "tidy/tree.rs"]
mod tree;

use std::collections::BTreeSet;

use manifest::Manifest;
use rust::Source;
use tree::{FILES, SOURCES, file, names_in};

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;

/// Fails with everything that was found and how to mend it.
fn none(mut found: Vec<String>, mend: &str) {
    found.sort();
    assert!(found.is_empty(), "\n\n{}\n\n{mend}\n", found.join("\n"));
}

/// Takes out what an exception allows; an exception that allows nothing is found itself.
fn without(found: Vec<(String, String)>, exceptions: &[(&str, &str)]) -> Vec<String> {
    let allowed = |key: &str| exceptions.iter().any(|(path, _)| *path == key);
    let unused = exceptions.iter().filter(|(path, _)| !found.iter().any(|(key, _)| key == path));
    let unused: Vec<String> =
        unused.map(|(path, _)| format!("{path}: the exception is needed no longer")).collect();
    found.into_iter().filter(|(key, _)| !allowed(key)).map(|(_, text)| text).chain(unused).collect()
}

#[test]
fn crates_depend_in_one_direction() {
    let ours: BTreeSet<&str> = map::CRATES.iter().map(|(name, ..)| *name).collect();
    let mut found = Vec::new();
    for Manifest { file, name, uses, strays, lints } in manifest::all() {
        let Some((_, may, build_may)) = map::CRATES.iter().find(|(own, ..)| *own == name) else {
            found.push(format!("{}: the map does not know {name}", file.path));
            continue;
        };
        for (table, uses) in &uses {
            let may: &[&str] = if *table == "build-dependencies" { build_may } else { may };
            for other in uses.iter().filter(|other| ours.contains(**other) && !may.contains(*other)) {
                let for_test = *table == "dev-dependencies" && map::FOR_TESTS.contains(&(name, *other));
                if !for_test {
                    found.push(format!("{}: {name} may not have {other} in [{table}]", file.path));
                }
            }
        }
        found.extend(strays.iter().map(|other| format!("{}: {other} is not `workspace = true`", file.path)));
        if !lints {
            found.push(format!("{}: takes no lints from the workspace", file.path));
        }
    }
    none(
        found,
        "kernel <- store <- record, runtime <- services <- xiuhua, tests; declare is for build.rs; services meet over \
         gRPC. Move what is shared down, ask over gRPC, or change the map in tests/tidy/map.rs.",
    );
}

#[test]
fn libraries_stay_where_they_belong() {
    let mut found = Vec::new();
    for manifest in manifest::all() {
        let tables = manifest.uses.iter().filter(|(table, _)| **table != "dev-dependencies");
        for other in tables.flat_map(|(_, uses)| uses) {
            let rule = map::LIBRARIES.iter().find(|(library, ..)| library == other);
            if let Some((library, may, why)) = rule.filter(|(_, may, _)| !may.contains(&manifest.name)) {
                found.push(format!("{}: {library} is for {}: {why}", manifest.file.path, may.join(", ")));
            }
        }
    }
    none(found, "Use what the crate above offers, or change LIBRARIES in tests/tidy/map.rs.");
}

#[test]
fn the_top_of_the_repository_stays_as_it_is() {
    let strangers =
        names_in(".").into_iter().filter(|name| !name.starts_with('.') && !map::TOP.contains(&name.as_str()));
    none(strangers.collect(), "Put it below one of the folders; configuration of tools is a dotfile.");
}

#[test]
fn files_and_functions_can_be_seen_at_once() {
    let mut found = Vec::new();
    for written in FILES.iter().filter(|file| ["rs", "sh", "sql"].iter().any(|own| file.has_extension(own))) {
        let lines = written.text.lines().count();
        if lines > FILE_LINES {
            found.push((
                written.path.clone(),
                format!("{}: {lines} lines; at most {FILE_LINES}", written.path),
            ));
        }
    }
    for source in SOURCES.iter() {
        for long in source.functions().into_iter().filter(|one| one.lines > FUNCTION_LINES) {
            let text = format!(
                "{}:{}: {} has {} lines; at most {FUNCTION_LINES}",
                source.file.path, long.line, long.name, long.lines
            );
            found.push((format!("{}: {}", source.file.path, long.name), text));
        }
    }
    none(without(found, map::LONG), "Cut it where its parts have names.");
}

#[test]
fn a_contract_stands_in_the_folder_of_its_package() {
    let parts = names();
    let mut found = Vec::new();
    for proto in
        FILES.iter().filter(|file| file.path.starts_with("proto/xiuhua/") && file.has_extension("proto"))
    {
        let folder =
            proto.path.trim_start_matches("proto/").rsplit_once('/').map_or("", |(folder, _)| folder);
        let due = folder.replace('/', ".");
        if !proto.text.lines().any(|line| line == format!("package {due};")) {
            found.push(format!("{}: its package should be {due}", proto.path));
        }
        let middle = due.trim_start_matches("xiuhua.").trim_end_matches(".v1");
        if middle != "common" && !parts.iter().any(|part| part.package == middle) {
            found.push(format!(
                "{}: shared/kernel/src/names.rs has no part with package {middle}",
                proto.path
            ));
        }
    }
    none(found, "Folder, package and the table of names agree; change what is wrong.");
}

/// A line of the table of names.
struct Named {
    service: String,
    package: String,
    id_prefix: String,
    programme: String,
}

fn names() -> Vec<Named> {
    let source = SOURCES.iter().find(|source| source.file.path == "shared/kernel/src/names.rs").unwrap();
    let begin = source.code.find("pub const PARTS").expect("the table of names");
    let end = begin + source.code[begin..].find("];").unwrap();
    let calls = source.words("part(").filter(|at| (begin..end).contains(at));
    let parts: Vec<Named> = calls
        .map(|at| {
            let mut texts = source.texts.iter().filter(|text| text.at > at).map(|text| text.text.clone());
            let mut next = || texts.next().unwrap();
            Named { service: next(), package: next(), id_prefix: next(), programme: next() }
        })
        .collect();
    assert!(!parts.is_empty(), "no `part(` in the table of names");
    parts
}

#[test]
fn identifiers_begin_with_the_prefix_of_their_service() {
    let parts = names();
    let mut found = Vec::new();
    for service in names_in("services").into_iter().filter(|name| name != "xiuhua") {
        if !parts.iter().any(|part| part.service == service) {
            found.push(format!("services/{service}: shared/kernel/src/names.rs does not know this service"));
        }
    }
    let mut see = |home: &str, place: String, id: &str| {
        let prefix = id.split_once('.').map_or("", |(prefix, _)| prefix);
        if !parts.iter().any(|part| part.service == home && part.id_prefix == prefix) {
            found.push(format!("{place}: {id} has no prefix of {home} in shared/kernel/src/names.rs"));
        }
    };
    for source in SOURCES.iter().filter(|source| source.file.path.ends_with("indicators.rs")) {
        for at in source.words("id: \"") {
            let id = source.texts.iter().find(|text| text.at > at).unwrap();
            see(source.file.home(), format!("{}:{}", source.file.path, source.line(at)), &id.text);
        }
    }
    let data = FILES.iter().filter(|file| file.path.starts_with("services/") && file.has_extension("toml"));
    for data in data.filter(|file| file.path.contains("/codes/") || file.path.contains("/parameters/")) {
        for (number, line) in data.text.lines().enumerate() {
            let value = ["id = \"", "identifier = \""].iter().find_map(|key| line.strip_prefix(key));
            if let Some(id) = value {
                see(data.home(), format!("{}:{}", data.path, number + 1), id.trim_end_matches('"'));
            }
        }
    }
    none(found, "Write it as <id prefix>.<rest> with a prefix from the table of names.");
}

#[test]
fn sql_stands_in_few_places() {
    let mut found = Vec::new();
    for source in SOURCES.iter() {
        let path = &source.file.path;
        if path.starts_with("shared/store/") || (path.starts_with("services/") && path.ends_with("/store.rs"))
        {
            continue;
        }
        for text in source.texts.iter().filter(|text| sql::is_sql(&text.text) && !source.is_test(text.at)) {
            found.push((path.clone(), format!("{path}:{}: {}", source.line(text.at), sql::head(&text.text))));
        }
    }
    none(
        without(found, map::SQL_STANDS_IN),
        "Let the engine do it, or move it to the slice's store.rs; SQL_STANDS_IN in tests/tidy/map.rs is for what is neither.",
    );
}

#[test]
fn sql_runs_on_any_engine_that_speaks_postgresql() {
    let mut found = Vec::new();
    for source in SOURCES.iter() {
        for text in source.texts.iter().filter(|text| !source.is_test(text.at)) {
            let place = format!("{}:{}", source.file.path, source.line(text.at));
            let words = map::SQL_WITHOUT.iter().filter(|word| rust::words(&text.text, word).next().is_some());
            found.extend(words.map(|word| (source.file.path.clone(), format!("{place}: {word}"))));
        }
    }
    for migration in FILES.iter().filter(|file| file.has_extension("sql")) {
        let words = map::SQL_WITHOUT.iter().chain(&["INTEGER", "INT", "SMALLINT"]);
        let words = words.filter(|word| rust::words(&migration.text, word).next().is_some());
        found.extend(words.map(|word| (migration.path.clone(), format!("{}: {word}", migration.path))));
    }
    none(
        without(found, map::SQL_WITHOUT_BUT),
        "Keys are UUIDs, a lease is a row, a feed is read and every integer is BIGINT; do it in one of these ways.",
    );
}

#[test]
fn a_slice_reads_tables_of_its_own_programme_only() {
    let parts = names();
    let tables = sql::tables();
    let mut found = Vec::new();
    let programme = |prefix: &dyn Fn(&str) -> bool| {
        parts
            .iter()
            .find(|part| !part.programme.is_empty() && prefix(&part.id_prefix))
            .map(|part| part.id_prefix.as_str())
    };
    for (table, home, path) in &tables {
        let own = programme(&|prefix| table.starts_with(&format!("{prefix}_")));
        if home == "assistance" && own.is_none() {
            found.push(format!("{path}: {table} begins with no programme"));
        }
    }
    for source in SOURCES.iter().filter(|source| source.file.path.starts_with("services/")) {
        let home = source.file.home();
        let place = source.file.path.trim_start_matches("services/assistance/src/");
        let slice =
            programme(&|prefix| place.starts_with(&format!("{prefix}/")) || place == format!("{prefix}.rs"));
        for text in source.texts.iter().filter(|text| sql::is_sql(&text.text) && !source.is_test(text.at)) {
            let mut programmes: BTreeSet<&str> = slice.into_iter().collect();
            for name in sql::named(&text.text) {
                let Some((table, owner, _)) = tables.iter().find(|(table, ..)| *table == name) else {
                    continue;
                };
                programmes.extend(programme(&|prefix| table.starts_with(&format!("{prefix}_"))));
                if owner != home {
                    found.push(format!(
                        "{}:{}: {table} is {owner}'s",
                        source.file.path,
                        source.line(text.at)
                    ));
                }
            }
            if programmes.len() > 1 {
                let both: Vec<&str> = programmes.into_iter().collect();
                found.push(format!("{}:{}: {}", source.file.path, source.line(text.at), both.join(" and ")));
            }
        }
        for other in parts
            .iter()
            .filter(|part| slice.is_some_and(|own| !part.programme.is_empty() && part.id_prefix != own))
        {
            let uses = format!("crate::{}::", other.id_prefix);
            found.extend(
                source.words(&uses).map(|at| format!("{}:{}: {uses}", source.file.path, source.line(at))),
            );
        }
    }
    none(
        found,
        "A bureau may run its programme alone: refer to another programme by name and ask it over gRPC.",
    );
}

#[test]
fn nothing_is_left_for_later() {
    let mut found = Vec::new();
    for source in SOURCES.iter() {
        for word in ["todo!", "unimplemented!", "dbg!", "#[ignore"] {
            found.extend(
                source.words(word).map(|at| format!("{}:{}: {word}", source.file.path, source.line(at))),
            );
        }
        for attribute in ["allow(", "expect("] {
            for at in source.words(attribute).filter(|at| is_attribute(source, *at)) {
                let end = rust::closing(&source.code, at + attribute.len() - 1);
                if !source.code[at..end].contains("reason = ") {
                    found.push(format!(
                        "{}:{}: {attribute}…) without a reason",
                        source.file.path,
                        source.line(at)
                    ));
                }
            }
        }
    }
    none(
        found,
        "Do it now, or take it out; a lint is let off with `reason = \"…\"`; a long test is a step of tests/run --full.",
    );
}

fn is_attribute(source: &Source, at: usize) -> bool {
    source.code[..at].ends_with("#[") || source.code[..at].ends_with("#![")
}

#[test]
fn tests_do_not_wait_for_time_to_pass() {
    let mut found = Vec::new();
    for source in SOURCES.iter() {
        let path = &source.file.path;
        for at in source.words("sleep(").chain(source.words("sleep_until(")).filter(|at| source.is_test(*at))
        {
            found.push((String::new(), format!("{path}:{}: a test that sleeps", source.line(at))));
        }
        for at in source.words("sleep(").filter(|at| !source.is_test(*at)) {
            found.push((path.clone(), format!("{path}:{}: a wait", source.line(at))));
        }
        let paused = source.code.contains("start_paused = true") || source.code.contains("time::pause(");
        for at in source.words(".elapsed(").filter(|at| source.is_test(*at) && !paused) {
            found
                .push((String::new(), format!("{path}:{}: a test that looks at the clock", source.line(at))));
        }
    }
    none(
        without(found, map::WAITS),
        "Wait for what is waited for (a channel, a bounded assert_eventually), or pause the clock: \
         #[tokio::test(start_paused = true)]. WAITS in tests/tidy/map.rs is for code whose work is to wait.",
    );
}

#[test]
fn no_machine_and_no_registry_is_named() {
    let mut found = Vec::new();
    for written in FILES.iter().filter(|file| file.path != "Cargo.lock") {
        let joined = |(one, other): &(&str, &str)| format!("{one}{other}");
        let host = |(one, other): &(&str, &str)| format!("{one}.{other}");
        let folders = map::MACHINE_FOLDERS.iter().map(joined).map(|folder| (folder, true));
        for (word, folder) in map::HOSTS.iter().map(host).map(|host| (host, false)).chain(folders) {
            for (at, _) in written.text.match_indices(&word) {
                let before = written.text[..at].chars().next_back().unwrap_or(' ');
                if folder && (rust::is_word(before) || "./*-}".contains(before)) {
                    continue;
                }
                let line = 1 + written.text[..at].matches('\n').count();
                found.push(format!("{}:{line}: {word}", written.path));
            }
        }
    }
    none(
        found,
        "Write a path from the repository's root, or take it from a variable; name a package, not where it is fetched.",
    );
}

#[test]
fn licence_and_readme_are_there() {
    assert!(file("LICENSE").text.contains("Apache License"), "LICENSE is the text of Apache-2.0");
    assert!(file("Cargo.toml").text.contains("license = \"Apache-2.0\""), "Cargo.toml names the licence");
    assert!(file("README.md").text.contains("tests/run"), "README.md says how the tests are run");
}
