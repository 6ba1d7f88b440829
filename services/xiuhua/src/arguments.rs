//! What the command line understands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kernel::clock::Moment;
use kernel::language::Language;

const AFTER: &str = "\
Examples:
  xiuhua demo                                          the whole suite with a made-up prefecture, until Ctrl-C
  xiuhua serve --data-dir /var/lib/xiuhua               all services in one process, embedded store
  xiuhua token issue --keys-dir keys --role data_steward --area 222400 --subject li.ming
  xiuhua import registry.households 户信息.csv --form-date 2015-12-31 --area 222405 --validate-only
  xiuhua report --area 222400 --period 2017 --as-of 2017-09-30 --format md
  xiuhua get household 2224050001                      everything that is known of a household

Exit codes:
  0  done
  1  refused by a service, rows were rejected, or figures do not agree
  2  wrong usage: the command line, a file or the configuration
  3  something needed cannot be reached or does not work, or an answer was printed that is not complete

Environment:
  XIUHUA_ADDRESS, XIUHUA_TOKEN, XIUHUA_LANG   as --address, --token, --lang
  XIUHUA_CONFIG                               as --config of serve and check
  XIUHUA_…                                    any key of the configuration: XIUHUA_DATABASE__URL";

/// Variables of the environment that belong to the command line and are no keys of a configuration.
pub const OWN_VARIABLES: [&str; 4] = ["XIUHUA_ADDRESS", "XIUHUA_TOKEN", "XIUHUA_LANG", "XIUHUA_CONFIG"];

/// The suite for targeted poverty alleviation: services, demonstration, files, reports.
#[derive(Debug, Parser)]
#[command(name = "xiuhua", version, after_help = AFTER, max_term_width = 110)]
pub struct Arguments {
    /// Language of messages and reports: zh, ko or en
    #[arg(long, global = true, env = "XIUHUA_LANG", default_value = "zh", value_parser = language)]
    pub lang: Language,
    /// Print results and errors only, no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| "zh, ko or en".to_owned())
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything with the demonstration prefecture and print its report
    Demo(Demo),
    /// Run all services, or one of them
    Serve(Serve),
    /// Import a file of forms (.xlsx, .csv) into its tables
    Import(Import),
    /// Export tables as .xlsx or .csv
    Export(Export),
    /// Write a blank form, to be filled and imported
    Template(Template),
    /// Print all that is known of one thing
    #[command(subcommand)]
    Get(Get),
    /// Print a report
    Report(Report),
    /// List the records behind a figure
    Evidence(Evidence),
    /// Freeze what is known, for published figures
    #[command(subcommand)]
    Snapshot(Snapshot),
    /// Issue tokens
    #[command(subcommand)]
    Token(Token),
    /// Make keys
    #[command(subcommand)]
    Keys(Keys),
    /// Prepare a database
    #[command(subcommand)]
    Database(Database),
    /// Check the configuration and all connections; tells all problems at once
    Check(Configured),
}

/// Where records are kept.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Folder of the embedded store
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL database; one schema for each service
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
}

/// Which gateway is asked, and as whom.
#[derive(Debug, Clone, Args)]
pub struct Client {
    /// Address of the gateway
    #[arg(long, value_name = "URL", env = "XIUHUA_ADDRESS", default_value = "http://127.0.0.1:7400")]
    pub address: String,
    /// Token of the caller
    #[arg(long, env = "XIUHUA_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// File that holds the token; it goes before XIUHUA_TOKEN
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  xiuhua demo                                     a temporary store, served until Ctrl-C
  xiuhua demo --exit --json report.json           load, print and write the report, end
  xiuhua demo --data-dir demo --listen 127.0.0.1:7400
  xiuhua demo --database-url postgres://localhost/demo

The store must be empty. All data is made up from --seed and marked as such.")]
pub struct Demo {
    /// Where records are kept; a temporary folder if neither is given.
    #[command(flatten)]
    pub place: Place,
    /// Folder of the keys; made if there is none. With a database and without this, keys are thrown away
    #[arg(long, value_name = "DIR")]
    pub keys_dir: Option<PathBuf>,
    /// Address and port of the gateway
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub listen: String,
    /// Write the report as canonical proto3 JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// End once the report is printed
    #[arg(long)]
    pub exit: bool,
    /// Number from which the prefecture is made
    #[arg(long, default_value_t = 20_171_001)]
    pub seed: u64,
}

/// Which services run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// All of them in this process; the gateway's address is the configured one
    All,
    /// Divisions, households, persons, their standing
    Registry,
    /// The programmes of assistance
    Assistance,
    /// The paired collaboration with the partner city
    PartnerAid,
    /// Reports, and one address for all services
    Gateway,
}

/// A configuration: command line over environment over file over defaults.
#[derive(Debug, Clone, Args)]
pub struct Configured {
    /// Which services
    #[arg(value_enum, default_value = "all")]
    pub which: Which,
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "XIUHUA_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where records are kept.
    #[command(flatten)]
    pub place: Place,
    /// Folder with the keys; DIR/keys if absent
    #[arg(long, value_name = "DIR")]
    pub keys_dir: Option<PathBuf>,
    /// Address and port to serve on
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Plaintext address and port of probes and metrics
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub probe_listen: Option<String>,
    /// Any key of the configuration
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub set: Vec<(String, String)>,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE, such as log.filter=debug")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// Arguments of `serve`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  xiuhua serve --data-dir /var/lib/xiuhua
  xiuhua serve registry --config registry.toml
  xiuhua serve gateway --keys-dir keys --listen 0.0.0.0:7400 \\
      --set services.registry=http://registry:7401 --set services.assistance=http://assistance:7402 \\
      --set services.partner_aid=http://partner-aid:7403

SIGTERM and Ctrl-C stop in order: not serving, no new connections, calls finish.")]
pub struct Serve {
    /// The configuration.
    #[command(flatten)]
    pub configured: Configured,
}

/// Arguments of `import`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The file is .xlsx, or .csv in UTF-8 or GB18030; its content decides. Titles and notes may stand above the header, which
is looked for in rows 1 to 5; columns may stand in any order. By the title of a workbook all its sheets go in at once, in
their order. A row is imported whole or not at all; a rejected row does not keep the others out.

Examples:
  xiuhua import registry.households 户信息.csv --form-date 2015-12-31 --area 222405 --validate-only
  xiuhua import 户主及成员信息 龙井市.xlsx --form-date 2015-12-31 --errors 退回.xlsx
  xiuhua import 户主及成员信息 退回.xlsx --form-date 2015-12-31
  xiuhua import 户信息 户信息.csv --form-date 2015-12-31 --correct --reason 抄录错误")]
pub struct Import {
    /// Table: its id, the title of its sheet or of its workbook
    pub name: String,
    /// .xlsx or .csv file
    pub file: PathBuf,
    /// Day for which the form speaks, YYYY-MM-DD; if absent, as a note above the header says (填报日期)
    #[arg(long, value_name = "DAY")]
    pub form_date: Option<String>,
    /// Division within which place names are looked up; the caller's only area if absent
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Run all rules and store nothing
    #[arg(long)]
    pub validate_only: bool,
    /// What differs is a correction of the same period, not a change of the world
    #[arg(long)]
    pub correct: bool,
    /// Why it is corrected
    #[arg(long, value_name = "TEXT", requires = "correct")]
    pub reason: Option<String>,
    /// Number of the document that came with the file
    #[arg(long, value_name = "TEXT")]
    pub document: Option<String>,
    /// Write the rejected rows here (.xlsx or .csv), with 行号 and 错误原因, in place of a file that is there; once corrected, it can be imported again
    #[arg(long, value_name = "OUT")]
    pub errors: Option<PathBuf>,
    /// Take up a job that broke off
    #[arg(long, value_name = "UUID")]
    pub job: Option<String>,
    /// Which gateway.
    #[command(flatten)]
    pub client: Client,
}

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  xiuhua export registry.households --area 222405 --out 户信息.csv --gb18030
  xiuhua export 户主及成员信息 --area 222405 --as-of 2015-12-31 --out 龙井市.xlsx
  xiuhua export 成员信息 --as-of 2015-12-31 > 成员信息.csv")]
pub struct Export {
    /// Table: its id, the title of its sheet or of its workbook
    pub name: String,
    /// Division to which it is narrowed; the caller's whole area if absent
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Day on which records are read, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<String>,
    /// File to write, .xlsx or .csv, in place of one that is there; csv on standard output if absent
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// csv in GB18030 instead of UTF-8
    #[arg(long, requires = "out")]
    pub gb18030: bool,
    /// Which gateway.
    #[command(flatten)]
    pub client: Client,
}

/// Arguments of `template`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
An .xlsx has the title, a note, text columns for numbers and days, and lists to choose from; a csv only the header. A
file that is there already is left alone.

Examples:
  xiuhua template 户主及成员信息 --out 户主及成员信息.xlsx
  xiuhua template 户信息 --out 户信息.csv
  xiuhua template registry.incomes > 收入信息.csv")]
pub struct Template {
    /// Table: its id, the title of its sheet or of its workbook
    pub name: String,
    /// File to write, .xlsx or .csv, in place of one that is there; csv on standard output if absent
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// csv in GB18030 instead of UTF-8
    #[arg(long, requires = "out")]
    pub gb18030: bool,
    /// Which gateway.
    #[command(flatten)]
    pub client: Client,
}

/// How one thing is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GetFormat {
    /// Lists for people
    Table,
    /// Canonical proto3 JSON
    Json,
}

/// Of when something is read, how it is printed, and whom it is asked.
#[derive(Debug, Clone, Args)]
pub struct Getting {
    /// Day on which records are read, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<String>,
    /// As known at this moment, RFC 3339; now if absent
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub known_at: Option<Moment>,
    /// How it is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: GetFormat,
    /// Which gateway.
    #[command(flatten)]
    pub client: Client,
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text).ok_or_else(|| "a moment such as 2017-09-30T08:00:00Z".to_owned())
}

/// What can be read.
#[derive(Debug, Clone, Subcommand)]
pub enum Get {
    /// A household: members, standing, income, cases, benefits, and what is not proved
    #[command(after_help = "\
Every service is asked once. One that does not answer is named, its part is marked as missing, and the exit code is 3.
Identity numbers, telephones and accounts are masked.

Examples:
  xiuhua get household 2224050001
  xiuhua get household households/01890a5d-ac96-774b-bcce-b302099a8057 --as-of 2016-12-31
  xiuhua get household 2224050001 --known-at 2017-10-01T00:00:00Z --format json")]
    Household {
        /// Name (households/…) or number of the household on the forms (户编号)
        id: String,
        /// When, how, whom.
        #[command(flatten)]
        getting: Getting,
    },
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns that line up
    Table,
    /// Canonical proto3 JSON
    Json,
    /// csv for other programs: unrounded
    Csv,
    /// A workbook
    Xlsx,
    /// Markdown
    Md,
    /// A page by itself
    Html,
}

/// Levels by which a report is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupBy {
    /// Prefectures
    Prefecture,
    /// Counties
    County,
    /// Townships
    Township,
    /// Villages
    Village,
}

/// What is read of a report.
#[derive(Debug, Clone, Args)]
pub struct Reading {
    /// Template
    #[arg(long, default_value = "prefecture-2017")]
    pub template: String,
    /// Division; the caller's only one if absent
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Year of the report; the template's own if absent
    #[arg(long, value_name = "YEAR")]
    pub period: Option<i32>,
    /// Day on which states are read, YYYY-MM-DD; the template's own if absent
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<String>,
    /// As known at this snapshot
    #[arg(long, value_name = "CODE")]
    pub snapshot: Option<String>,
}

/// Arguments of `report`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
A value that is not there is a dash and never a zero. A report that lacks one is printed, and the exit code is 3.

Examples:
  xiuhua report --area 222400 --period 2017 --as-of 2017-09-30
  xiuhua report --area 222400 --group-by county --format csv > report.csv
  xiuhua report --area 222400 --format xlsx --out report.xlsx
  xiuhua report --area 222405 --format json --lang ko")]
pub struct Report {
    /// What is read.
    #[command(flatten)]
    pub reading: Reading,
    /// How it is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// File to write, in place of one that is there; standard output if absent
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Values of the divisions of this level besides
    #[arg(long, value_enum)]
    pub group_by: Option<GroupBy>,
    /// Only these figures
    #[arg(long = "figure", value_name = "ID")]
    pub figures: Vec<String>,
    /// Which gateway.
    #[command(flatten)]
    pub client: Client,
}

/// How evidence is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvidenceFormat {
    /// Columns that line up; the first rows only
    Table,
    /// csv, all rows
    Csv,
}

/// Arguments of `evidence`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  xiuhua evidence registry.poor_villages --area 222405
  xiuhua evidence housing.renovated_2016 --format csv > houses.csv")]
pub struct Evidence {
    /// Identifier of the figure
    pub figure: String,
    /// What is read.
    #[command(flatten)]
    pub reading: Reading,
    /// How it is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: EvidenceFormat,
    /// Most rows of a table
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
    /// Which gateway.
    #[command(flatten)]
    pub client: Client,
}

/// Commands about snapshots.
#[derive(Debug, Clone, Subcommand)]
pub enum Snapshot {
    /// Freeze a day and what is known of it now
    #[command(after_help = "Example:\n  xiuhua snapshot create registered-2016 --as-of 2016-12-31")]
    Create {
        /// Code by which templates name it
        code: String,
        /// Day that is read, YYYY-MM-DD
        #[arg(long, value_name = "DAY")]
        as_of: String,
        /// Title for people
        #[arg(long, default_value = "")]
        title: String,
        /// What it is for
        #[arg(long, default_value = "")]
        purpose: String,
        /// Which gateway.
        #[command(flatten)]
        client: Client,
    },
}

/// Commands about tokens.
#[derive(Debug, Clone, Subcommand)]
pub enum Token {
    /// Sign a token with the issuer's key and print it
    #[command(after_help = "Examples:
  xiuhua token issue --data-dir /var/lib/xiuhua --role county_office --area 222405 --subject li.ming
  xiuhua token issue --keys-dir keys --role bureau --programme housing --area 222400 --subject zhujianju --ttl 8h")]
    Issue {
        /// Role
        #[arg(long)]
        role: String,
        /// Code of a division that bounds it; `*` is everywhere; may be repeated
        #[arg(long = "area", value_name = "CODE", required = true)]
        areas: Vec<String>,
        /// Who
        #[arg(long)]
        subject: String,
        /// Programme that bounds it; may be repeated
        #[arg(long = "programme", value_name = "NAME")]
        programmes: Vec<String>,
        /// How long it lives: 30m, 8h, 7d
        #[arg(long, value_name = "TIME", default_value = "12h")]
        ttl: String,
        /// Folder with the keys
        #[arg(long, value_name = "DIR", env = "XIUHUA_KEYS_DIR", required_unless_present = "data_dir")]
        keys_dir: Option<PathBuf>,
        /// Data folder whose keys are used, where no folder with keys is given
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}

/// Commands about keys.
#[derive(Debug, Clone, Subcommand)]
pub enum Keys {
    /// Make a folder with fresh keys; never overwrites
    Init {
        /// Folder
        dir: PathBuf,
    },
}

/// Commands about databases.
#[derive(Debug, Clone, Subcommand)]
pub enum Database {
    /// Make a schema and a role for each service, as far as this role may
    #[command(after_help = "\
Prints the URL of each service's new role once, with its password. Where roles cannot be made, the schemas are made
and all services use the given role.

Example:
  xiuhua database init postgres://postgres@localhost/xiuhua")]
    Init {
        /// PostgreSQL database, as a role that may create schemas and roles
        url: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_with_its_exit_codes_told_at_the_top() {
        let mut command = Arguments::command();
        let help = command.render_long_help().to_string();
        assert!(help.contains("Exit codes:") && help.contains("Examples:"), "{help}");
        for subcommand in command.get_subcommands() {
            assert!(subcommand.get_about().is_some(), "{} says nothing", subcommand.get_name());
        }
        let get = command.find_subcommand("get").unwrap();
        assert!(get.get_subcommands().all(|noun| noun.get_after_help().is_some()));
    }

    #[test]
    fn wrong_usage_is_told_apart_from_help() {
        let wrong = ["xiuhua", "report", "--lang", "fr"];
        assert!(Arguments::try_parse_from(wrong).unwrap_err().use_stderr());
        let both = ["xiuhua", "demo", "--data-dir", "d", "--database-url", "postgres://h/d"];
        assert!(Arguments::try_parse_from(both).is_err());
        assert!(!Arguments::try_parse_from(["xiuhua", "--help"]).unwrap_err().use_stderr());
    }

    #[test]
    fn a_moment_is_read_or_wrong_usage() {
        let of =
            |moment| Arguments::try_parse_from(["xiuhua", "get", "household", "1", "--known-at", moment]);
        let Command::Get(Get::Household { id, getting }) = of("2017-10-01T00:00:00Z").unwrap().command else {
            panic!("another command")
        };
        assert_eq!((id.as_str(), getting.known_at), ("1", Moment::parse("2017-10-01T00:00:00Z")));
        assert_eq!(getting.format, GetFormat::Table);
        assert!(of("yesterday").is_err());
    }
}
