//! `database init`: a schema for each service, and a role that sees no other.

use kernel::randomness::{Randomness, SystemRandomness};
use runtime::config::DatabaseUrl;
use store::{Db, PostgresOptions, Value};

use super::{Manner, print_line};
use crate::exit::Stop;
use crate::suite::Fact;
use crate::words;

/// Makes what the given role may make; says what it could not.
pub(crate) async fn init(url: String, manner: Manner) -> Result<(), Stop> {
    let url = DatabaseUrl::new(url);
    if !url.is_postgres() {
        return Err(Stop::usage("postgres://…"));
    }
    for fact in Fact::ALL {
        let db = schema(&url, fact).await?;
        print_line(&words::SCHEMA_MADE.fill(manner.language, &[("schema", &fact.schema())]))?;
        let password = password(manner)?;
        let name = role_name(fact);
        match role(&db, fact, &name, &password).await {
            Ok(Made::There) => print_line(&words::ROLE_THERE.fill(manner.language, &[("role", &name)]))?,
            Ok(Made::New) => {
                print_line(&words::ROLE_MADE.fill(manner.language, &[("role", &name)]))?;
                print_line(&format!("  {}", with_role(url.reveal(), &name, &password)))?;
            }
            Err(why) => {
                let values: [(&str, &dyn std::fmt::Display); 2] = [("role", &name), ("why", &why)];
                print_line(&words::ROLE_NOT_MADE.fill(manner.language, &values))?;
            }
        }
        db.close().await;
    }
    Ok(())
}

/// Whether a role was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    New,
    There,
}

fn role_name(fact: Fact) -> String {
    format!("xiuhua_{}", fact.schema())
}

/// The service's schema; migrating nothing makes it.
async fn schema(url: &DatabaseUrl, fact: Fact) -> Result<Db, Stop> {
    let options = PostgresOptions {
        schema: Some(fact.schema().to_owned()),
        max_connections: 1,
        ..PostgresOptions::default()
    };
    let db = Db::open_postgres(url.reveal(), options).await.map_err(Stop::unavailable)?;
    db.migrate(&[]).await.map_err(Stop::unavailable)?;
    Ok(db)
}

/// A role that owns the schema and everything in it, and finds it without being told. One that is there already keeps
/// its password.
async fn role(db: &Db, fact: Fact, name: &str, password: &str) -> Result<Made, store::StoreError> {
    let schema = fact.schema();
    let there = db.all("SELECT rolname FROM pg_roles WHERE rolname = $1", &[Value::from(name)]).await?;
    // Names are constants, the password is of letters and digits: nothing in these texts comes from outside.
    let create = format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'");
    let made = if there.is_empty() { Made::New } else { Made::There };
    let statements = [
        format!("ALTER ROLE {name} SET search_path = {schema}"),
        format!("GRANT ALL ON SCHEMA {schema} TO {name}"),
        format!("GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {name}"),
    ];
    let create = (made == Made::New).then_some(create);
    for statement in create.into_iter().chain(statements) {
        db.all(&statement, &[]).await?;
    }
    Ok(made)
}

/// 32 letters and digits, 160 bits.
fn password(manner: Manner) -> Result<String, Stop> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 32];
    SystemRandomness.fill(&mut bytes).map_err(|failure| Stop::of_failure(&failure, manner.language))?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// The same database as another role.
fn with_role(url: &str, role: &str, password: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let (before, after) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = before.rsplit_once('@').map_or(before, |(_, host)| host);
    format!("{scheme}://{role}:{password}@{host}{after}")
}

#[cfg(test)]
mod tests {
    use kernel::language::Language;

    use super::*;

    #[test]
    fn the_url_names_the_new_role() {
        let of = |url: &str| with_role(url, "r", "p");
        assert_eq!(
            of("postgres://admin:x@db:5432/xiuhua?sslmode=require"),
            "postgres://r:p@db:5432/xiuhua?sslmode=require"
        );
        assert_eq!(of("postgres://db/xiuhua"), "postgres://r:p@db/xiuhua");
        assert_eq!(of("postgresql://db"), "postgresql://r:p@db");
    }

    #[test]
    fn passwords_are_long_and_plain() {
        let manner = Manner { language: Language::Zh, quiet: true };
        let (one, other) = (password(manner).unwrap(), password(manner).unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
