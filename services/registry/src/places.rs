//! Names of places to codes of divisions, and what else the registry's own writes ask of the divisions.

use std::collections::{HashMap, HashSet};

use kernel::area::AreaCode;
use kernel::failure::Failure;
use record::Call;
use record::codec::CURRENT;
use record::surroundings::{Ask, PlaceAsk, PlaceReply, Replies, Reply, Surroundings};
use store::Db;

/// The registry answers its own questions from its own tables.
pub(crate) struct OwnPlaces {
    pub(crate) db: Db,
}

#[tonic::async_trait]
impl Surroundings for OwnPlaces {
    async fn ask(&self, _call: &Call, asks: Vec<Ask>) -> Result<Replies, Failure> {
        let mut places = Vec::new();
        let mut codes = Vec::new();
        let mut standings = Vec::new();
        for ask in asks {
            match ask {
                Ask::Place(place) => places.push(place),
                Ask::Division(code) => codes.push(code),
                Ask::Standing(standing) => standings.push(standing),
            }
        }
        let mut replies = Replies::new();
        for (place, reply) in resolve(&self.db, &places).await? {
            replies.insert(Ask::Place(place), Reply::Place(reply));
        }
        let mut names = names_of(&self.db, &codes).await?;
        for code in codes {
            let name = names.remove(&code);
            replies.insert(Ask::Division(code), Reply::Division(name));
        }
        // No rule of the registry asks for a standing from outside: it reads its own records.
        debug_assert!(standings.is_empty());
        Ok(replies)
    }
}

/// Chinese names of divisions that exist.
pub(crate) async fn names_of(db: &Db, codes: &[String]) -> Result<HashMap<String, String>, Failure> {
    let select = format!(
        "SELECT id, name_zh, valid_from FROM division WHERE superseded_at = {CURRENT} AND valid_from < valid_to AND"
    );
    let rows = db.select_in(&select, "id", codes, "ORDER BY id, valid_from").await?;
    Ok(rows.iter().map(|row| (row.text(0).to_owned(), row.text(1).to_owned())).collect())
}

/// Words that forms leave out behind a name.
const COUNTY_ENDINGS: &[&str] = &["市", "县", "州"];
const TOWNSHIP_ENDINGS: &[&str] = &["镇", "乡", "街道", "满族乡", "朝鲜族乡"];
const VILLAGE_ENDINGS: &[&str] = &["村", "社区"];

/// Resolves names within their areas. The deepest name decides; the names above it must agree.
pub(crate) async fn resolve(db: &Db, asks: &[PlaceAsk]) -> Result<HashMap<PlaceAsk, PlaceReply>, Failure> {
    let mut names: HashSet<String> = HashSet::new();
    for ask in asks {
        names.extend(spellings(&ask.county, COUNTY_ENDINGS));
        names.extend(spellings(&ask.township, TOWNSHIP_ENDINGS));
        names.extend(spellings(&ask.village, VILLAGE_ENDINGS));
    }
    let names: Vec<String> = names.into_iter().collect();
    let select = format!(
        "SELECT name_zh, id FROM division WHERE superseded_at = {CURRENT} AND valid_from < valid_to AND"
    );
    let mut by_name: HashMap<String, Vec<AreaCode>> = HashMap::new();
    for row in db.scan_in(&select, "name_zh", &names, "ORDER BY id").await? {
        let codes = by_name.entry(row.text(0).to_owned()).or_default();
        if let Some(code) = AreaCode::parse(row.text(1)).filter(|code| !codes.contains(code)) {
            codes.push(code);
        }
    }
    Ok(asks.iter().map(|ask| (ask.clone(), reply(ask, &by_name))).collect())
}

fn spellings(name: &str, endings: &[&str]) -> Vec<String> {
    let name = name.trim();
    if name.is_empty() {
        return Vec::new();
    }
    let longer = endings.iter().map(|ending| format!("{name}{ending}"));
    std::iter::once(name.to_owned()).chain(longer).collect()
}

fn reply(ask: &PlaceAsk, by_name: &HashMap<String, Vec<AreaCode>>) -> PlaceReply {
    let Some(within) = AreaCode::parse(&ask.within) else { return PlaceReply::Unknown };
    let levels =
        [(&ask.county, COUNTY_ENDINGS), (&ask.township, TOWNSHIP_ENDINGS), (&ask.village, VILLAGE_ENDINGS)];
    let mut found: Option<Vec<AreaCode>> = None;
    for (name, endings) in levels {
        if name.trim().is_empty() {
            continue;
        }
        // A prefecture's own name in the county's column means the prefecture itself; a county may contain the bound.
        let named: Vec<AreaCode> = spellings(name, endings)
            .iter()
            .filter_map(|spelling| by_name.get(spelling))
            .flatten()
            .filter(|code| within.contains(code) || code.contains(&within))
            .filter(|code| found.as_ref().is_none_or(|above| above.iter().any(|above| above.contains(code))))
            .cloned()
            .collect();
        found = Some(named);
    }
    let within_bound: Vec<AreaCode> =
        found.unwrap_or_default().into_iter().filter(|code| within.contains(code)).collect();
    match within_bound.as_slice() {
        [] => PlaceReply::Unknown,
        [only] => PlaceReply::Found(only.to_string()),
        several => PlaceReply::Ambiguous(several.iter().map(ToString::to_string).collect()),
    }
}
