//! The suite's own contract: it fits, its standard parts are those of the shapes, and code can be written from it.

#![allow(clippy::expect_used, reason = "a test ends by its panic")]

mod common;

use declare::{Contract, Label, Scaffold, Shape, check_standard_parts, generate, scaffold};

fn contract() -> Contract {
    Contract::load(&common::contract_folder()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn code_can_be_written_for_every_package() {
    let contract = contract();
    let mut packages: Vec<&str> =
        contract.resources.iter().map(|resource| resource.package.as_str()).collect();
    packages.dedup();
    for package in packages {
        let source = generate(&contract, &[package]).unwrap_or_else(|errors| panic!("{errors}"));
        for resource in contract.resources.iter().filter(|resource| resource.package == package) {
            assert!(source.contains(&format!("pub struct {}Api(", resource.name)), "{}", resource.name);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "asks to write the golden source anew")]
fn the_source_is_the_one_checked_in() {
    let root = common::root(&["note.proto"]);
    let contract = Contract::load(root.path()).expect("fits");
    let source = generate(&contract, &["xiuhua.fixture.v1"]).expect("is written");
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/note.golden");
    if std::env::var_os("DECLARE_WRITE_GOLDEN").is_some() {
        std::fs::write(&file, &source).expect("can be written");
    }
    let golden = std::fs::read_to_string(&file).expect("is there");
    assert!(source == golden, "the written source has changed: DECLARE_WRITE_GOLDEN=1 writes it anew");
}

#[test]
fn standard_parts_are_those_of_the_shapes() {
    assert_eq!(check_standard_parts(&contract()), Vec::<String>::new());
}

#[test]
fn what_the_scaffold_writes_fits_and_is_standard() {
    let root = common::root(&[]);
    for (name, shape) in [
        ("Alpha", Shape::Register),
        ("BetaLink", Shape::Link),
        ("Gamma", Shape::Event),
        ("DeltaCase", Shape::Case),
        ("Epsilon", Shape::Work),
        ("Zeta", Shape::Grant),
    ] {
        let new = Scaffold {
            package: "xiuhua.fixture.v1".to_owned(),
            resource: name.to_owned(),
            shape,
            collection: None,
            label: Label { zh: "新".to_owned(), ko: String::new(), en: "new".to_owned() },
            permission: "fixture".to_owned(),
        };
        let (path, text) = scaffold(&new).unwrap_or_else(|errors| panic!("{errors}"));
        std::fs::write(root.path().join(path), text).expect("can be written");
    }
    let contract = Contract::load(root.path()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(contract.resources.len(), 6);
    assert_eq!(check_standard_parts(&contract), Vec::<String>::new());
    generate(&contract, &["xiuhua.fixture.v1"]).unwrap_or_else(|errors| panic!("{errors}"));
}

#[test]
fn a_scaffold_of_another_form_is_refused() {
    let new = Scaffold {
        package: "elsewhere".to_owned(),
        resource: "Alpha".to_owned(),
        shape: Shape::Event,
        collection: None,
        label: Label::default(),
        permission: "fixture".to_owned(),
    };
    assert!(scaffold(&new).is_err());
    let lower = Scaffold { package: "xiuhua.fixture.v1".to_owned(), resource: "alpha".to_owned(), ..new };
    assert!(scaffold(&lower).is_err());
}

#[test]
fn what_differs_from_the_shape_is_said_in_words() {
    let root = common::root(&["note.proto"]);
    let contract = Contract::load(root.path()).unwrap_or_else(|errors| panic!("{errors}"));
    let differences = check_standard_parts(&contract).join("\n");
    for expected in [
        "xiuhua.fixture.v1.NoteService.ListNotes: the shape Event brings this RPC, it is missing",
        "xiuhua.fixture.v1.NoteService.GetNote: no HTTP path (google.api.http), /v1/{name=notes/*} expected",
    ] {
        assert!(differences.contains(expected), "{differences}");
    }
}
