//! Fragments of WHERE that every dated and scoped question needs, with their arguments.

use kernel::area::Scope;
use store::Value as Cell;

use crate::codec::CURRENT;

/// A condition under construction: text with `$n` placeholders and its arguments.
#[derive(Debug, Default, Clone)]
pub struct Where {
    /// Conditions, joined by AND.
    conditions: Vec<String>,
    /// Arguments in order.
    pub arguments: Vec<Cell>,
}

impl Where {
    /// Adds an argument and gives its placeholder.
    pub fn argument(&mut self, value: impl Into<Cell>) -> String {
        self.arguments.push(value.into());
        format!("${}", self.arguments.len())
    }
    /// Adds a condition.
    pub fn and(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }
    /// Rows known at that moment; the current ones where none is named.
    pub fn known(&mut self, alias: &str, known_at: Option<i64>) {
        match known_at {
            None => self.and(format!("{alias}.superseded_at = {CURRENT}")),
            Some(moment) => {
                let at = self.argument(moment);
                self.and(format!("{alias}.recorded_at <= {at} AND {alias}.superseded_at > {at}"));
            }
        }
    }
    /// Rows valid on that day.
    pub fn valid(&mut self, alias: &str, day: &str) {
        let on = self.argument(day);
        self.and(format!("{alias}.valid_from <= {on} AND {alias}.valid_to > {on}"));
    }
    /// Rows that happened in, or now belong to, an area of the scope.
    pub fn scope(&mut self, alias: &str, scope: &Scope) {
        if scope.is_everything() {
            return;
        }
        let mut any = Vec::new();
        for (from, to) in &scope.ranges {
            let (from, to) = (self.argument(from.as_str()), self.argument(to.as_str()));
            for column in ["area", "scope_area"] {
                any.push(format!("({alias}.{column} >= {from} AND {alias}.{column} < {to})"));
            }
        }
        self.and(if any.is_empty() { "1 = 0".to_owned() } else { format!("({})", any.join(" OR ")) });
    }
    /// Rows that happened in an area.
    pub fn area(&mut self, alias: &str, range: &(String, String)) {
        let (from, to) = (self.argument(range.0.as_str()), self.argument(range.1.as_str()));
        self.and(format!("{alias}.area >= {from} AND {alias}.area < {to}"));
    }
    /// The text, beginning with ` WHERE`.
    pub fn text(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        }
    }
}
