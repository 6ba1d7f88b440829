//! Command line: writes the proto of a new resource, and compares the existing ones with their shapes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use declare::{Contract, Label, Scaffold, Shape, check_standard_parts, scaffold};

#[derive(Parser)]
#[command(name = "declare", about = "The contract's declarations")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes the proto of a new resource, or with --check compares all with their shapes.
    Scaffold(Options),
}

#[derive(Args)]
struct Options {
    /// Compare the standard part of every resource with its shape; write nothing.
    #[arg(long)]
    check: bool,
    /// Folder with `xiuhua` and `vendor`.
    #[arg(long, default_value = "proto")]
    proto: PathBuf,
    /// Package: xiuhua.partneraid.v1.
    #[arg(long, required_unless_present = "check")]
    package: Option<String>,
    /// Name of the message: ConsumptionAid.
    #[arg(long, required_unless_present = "check")]
    resource: Option<String>,
    /// Shape.
    #[arg(long, value_enum, required_unless_present = "check")]
    shape: Option<ShapeName>,
    /// Collection, if it is not the name with an s.
    #[arg(long)]
    collection: Option<String>,
    /// What it is called in Chinese.
    #[arg(long, default_value = "")]
    label_zh: String,
    /// What it is called in Korean.
    #[arg(long, default_value = "")]
    label_ko: String,
    /// What it is called in English.
    #[arg(long, default_value = "")]
    label_en: String,
    /// What stands before the dot of its permissions; the last part of the package if it is not given.
    #[arg(long)]
    permission: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ShapeName {
    Register,
    Link,
    Event,
    Case,
    Work,
    Grant,
}

impl From<ShapeName> for Shape {
    fn from(name: ShapeName) -> Self {
        match name {
            ShapeName::Register => Shape::Register,
            ShapeName::Link => Shape::Link,
            ShapeName::Event => Shape::Event,
            ShapeName::Case => Shape::Case,
            ShapeName::Work => Shape::Work,
            ShapeName::Grant => Shape::Grant,
        }
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let Command::Scaffold(options) = Cli::parse().command;
    if options.check { check(&options.proto) } else { write(options) }
}

fn check(proto: &Path) -> anyhow::Result<ExitCode> {
    let differences = check_standard_parts(&Contract::load(proto)?);
    for difference in &differences {
        println!("{difference}");
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write(options: Options) -> anyhow::Result<ExitCode> {
    let package = options.package.context("no --package")?;
    let last_part = package.split('.').rev().nth(1).unwrap_or_default().to_owned();
    let new = Scaffold {
        resource: options.resource.context("no --resource")?,
        shape: options.shape.context("no --shape")?.into(),
        collection: options.collection,
        label: Label { zh: options.label_zh, ko: options.label_ko, en: options.label_en },
        permission: options.permission.unwrap_or(last_part),
        package,
    };
    let (path, text) = scaffold(&new)?;
    let path = options.proto.join(path);
    if path.exists() {
        bail!("{} exists already", path.display());
    }
    fs::create_dir_all(path.parent().context("no folder")?)?;
    fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    println!("written: {}", path.display());
    steps(&new);
    Ok(ExitCode::SUCCESS)
}

fn steps(new: &Scaffold) {
    let marker = new.plural();
    println!("what is left, in this order:");
    println!(
        "  1. in the file: its own fields from number 10, keys, the form, filters of List{marker}Request"
    );
    println!("  2. `declare scaffold --check`, which compares the standard part with the shape");
    println!("  3. an empty migration `migrations/<table>.sql` in the service that owns {}", new.package);
    println!(
        "  4. a slice there: `slice()`, `impl Rules for {marker}`, indicators; {}Verbs for verbs",
        new.resource
    );
    println!("     of its own");
    println!("  5. two lines in the service's lib.rs: the module, and its `slice()` in the list");
    println!("  6. `cargo run -p suite --bin ddl -- --write`, which fills the empty migration");
    if let Ok(folder) = env::current_dir() {
        println!("  (paths are relative to {})", folder.display());
    }
}
