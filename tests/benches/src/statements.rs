//! The statements by which the suite reads a household. They are written here once more, out of the same declarations, so
//! that they can be run barely; each line says whether the suite still asks as many.

use kernel::area::{AreaCode, Scope};
use record::codec::{CURRENT, select_list};
use record::facts::Of;
use record::service::Slice;
use record::spec::Spec;
use record::sql::Where;
use store::{Value, json_texts};

use crate::bare::{Pool, Statement};

/// Who asks, of which database and when.
pub(crate) struct Asking {
    scope: Scope,
    today: String,
    postgres: bool,
}

impl Asking {
    /// Somebody whose token is for this area, on this day.
    pub(crate) fn new(area: &str, today: String, pool: &Pool) -> Self {
        let area = AreaCode::parse(area).expect("a code");
        Self { scope: Scope::of(&[area]), today, postgres: matches!(pool, Pool::Postgres(_)) }
    }

    /// GetHousehold: the household, then what it shows of its standing and its members.
    pub(crate) fn household(&self, households: &Slice, id: &str) -> Vec<Statement> {
        let spec = households.registered.spec;
        let mut condition = self.of_today(spec, false);
        let place = condition.argument(id);
        condition.and(format!("t.id IN ({place})"));
        let household = Statement::new(selected(spec, &condition), condition.arguments);
        std::iter::once(household).chain(self.shown(id)).collect()
    }

    /// BatchGetHouseholdFacts for one household: for each record kind that tells something, what is asked one after the
    /// other. `persons` are identifiers of its members.
    pub(crate) fn facts(&self, slices: &[Slice], id: &str, persons: &[String]) -> Vec<Vec<Statement>> {
        let mut all = Vec::new();
        for slice in slices {
            let (spec, Some(facts)) = (slice.registered.spec, slice.facts) else { continue };
            let mut own = vec![match facts.of {
                Of::SameIdentifier => self.rows(spec, "id", &[id.to_owned()], facts.every_period),
                Of::Household(column) => {
                    self.rows(spec, column.leaf().column, &[format!("households/{id}")], facts.every_period)
                }
            }];
            if spec.collection == "households" {
                own.extend(self.shown(id));
            }
            if let Some((_, with)) = facts.with
                && !persons.is_empty()
            {
                own.push(self.rows(with, "id", persons, false));
            }
            all.push(own);
        }
        if self.postgres {
            // When it was read: the database's own time.
            let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
            all.push(vec![Statement::new(sql, Vec::new())]);
        }
        all
    }

    /// Identifiers of a household's members of today.
    pub(crate) async fn persons(&self, registry: &Pool, id: &str) -> Vec<String> {
        let sql = "SELECT person FROM membership WHERE superseded_at = $1 AND household = $2 \
                   AND valid_from <= $3 AND valid_to > $3";
        let household = format!("households/{id}");
        let arguments = vec![Value::Integer(CURRENT), household.into(), self.today.as_str().into()];
        let names = registry.texts(&Statement::new(sql, arguments)).await;
        names.iter().filter_map(|name| name.rsplit('/').next()).map(str::to_owned).collect()
    }

    fn rows(&self, spec: &Spec, column: &str, values: &[String], every_period: bool) -> Statement {
        let mut condition = self.of_today(spec, every_period);
        let places: Vec<String> = values.iter().map(|value| condition.argument(value.as_str())).collect();
        condition.and(format!("t.\"{column}\" IN ({})", places.join(", ")));
        let sql = format!("{} ORDER BY t.valid_from, t.id", selected(spec, &condition));
        Statement::new(sql, condition.arguments)
    }

    fn of_today(&self, spec: &Spec, every_period: bool) -> Where {
        let mut condition = Where::default();
        condition.known("t", None);
        if !every_period {
            condition.valid("t", &self.today);
        }
        if !spec.everywhere {
            condition.scope("t", &self.scope);
        }
        condition
    }

    fn shown(&self, id: &str) -> [Statement; 2] {
        let known = format!("superseded_at = {CURRENT}");
        let standing =
            format!("SELECT id, status, valid_from, valid_to FROM household_standing WHERE {known} AND");
        let members = format!("SELECT household, id, valid_from, valid_to FROM membership WHERE {known} AND");
        [
            self.select_in(&standing, "id", id),
            self.select_in(&members, "household", &format!("households/{id}")),
        ]
    }

    /// As `store::Db::select_in` writes it.
    fn select_in(&self, select: &str, column: &str, value: &str) -> Statement {
        let sql = if self.postgres {
            format!(
                "SELECT f.* FROM (SELECT DISTINCT v FROM (SELECT json_array_elements_text($1::json)) AS l(v)) AS k \
                 CROSS JOIN LATERAL ({select} {column} = k.v OFFSET 0) AS f"
            )
        } else {
            format!("{select} {column} IN (SELECT value FROM json_each($1))")
        };
        Statement::new(sql, vec![Value::Text(json_texts(&[value]))])
    }
}

fn selected(spec: &Spec, condition: &Where) -> String {
    let (list, table) = (select_list(spec, "t"), spec.table);
    let newest = format!("(SELECT MAX(v.version) FROM {table} v WHERE v.id = t.id)");
    format!("SELECT {list}, {newest} FROM {table} t{}", condition.text())
}

/// Says whether the suite asks as many statements as the limit.
pub(crate) fn compared(suite: u64, limit: usize) -> String {
    match usize::try_from(suite) {
        Ok(suite) if suite == limit => format!("{limit} statements each"),
        _ => format!("the suite asks {suite} statements, the limit {limit}"),
    }
}
