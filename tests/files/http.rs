//! Files over HTTP: the bytes as they are, the rest in the query.

use http::StatusCode;
use serde_json::{Value, json};
use suite::fixtures::{COUNTY, divisions};
use suite::front::gateway;
use suite::harness::{Harness, on_each, request_id};
use suite::web::Web;

use super::HOUSEHOLDS;

const HOUSEHOLDS_TABLE: &str = "registry.households";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_a_body() {
    on_each(async |mut harness: Harness| {
        divisions(&harness).await;
        gateway(&mut harness).await;
        let web = Web::new(&harness, &harness.token("data_steward", &[COUNTY]));
        let (job, at) = (request_id(), "/v1/files");
        let import = format!("{at}:import?name={HOUSEHOLDS_TABLE}&area={COUNTY}");
        let send = async |query: &str, body: &[u8]| {
            web.send("POST", &format!("{import}{query}"), "application/octet-stream", body.to_vec()).await
        };
        let done = send(&format!("&job={job}&fileName=a.csv"), HOUSEHOLDS.as_bytes()).await.lines();
        assert_eq!(done[0]["notice"]["reason"], "FORM_DATE_READ");
        assert_eq!(counts(&done), (1, 0, 1), "{done:?}");

        let exported = web
            .get(&format!("{at}:export?name={HOUSEHOLDS_TABLE}&format=FILE_FORMAT_CSV&asOf=2017-09-30"))
            .await;
        assert_eq!(exported.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(exported.headers["cache-control"], "no-store");
        let name = exported.headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(name.ends_with("filename*=UTF-8''%E6%88%B7%E4%BF%A1%E6%81%AF.csv"), "{name}");
        let same = send("&formDate=2017-09-30&validateOnly=true", &exported.body).await.lines();
        assert_eq!(counts(&same), (1, 1, 0), "{same:?}");

        let errors = web.get(&format!("{at}:errors?job={job}&format=FILE_FORMAT_CSV")).await;
        let errors = String::from_utf8(errors.body).unwrap();
        assert!(errors.contains("没有的村") && errors.contains("行号,错误原因"), "{errors}");
        let blank = web.get(&format!("{at}:template?name={HOUSEHOLDS_TABLE}")).await;
        assert!(blank.body.starts_with(b"PK"));
    })
    .await;
}

/// Rows that were accepted, that were unchanged, and that were rejected.
fn counts(lines: &[Value]) -> (i64, i64, i64) {
    let progress = &lines.last().unwrap()["summary"]["progress"];
    // 64-bit integers are texts; zero is left out.
    let count = |key: &str| progress[key].as_str().map_or(0, |count| count.parse().unwrap());
    (count("accepted"), count("unchanged"), count("rejected"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_before_a_file_is() {
    on_each(async |mut harness: Harness| {
        divisions(&harness).await;
        gateway(&mut harness).await;
        let web = Web::new(&harness, &harness.token("data_steward", &[COUNTY]));
        let refusal = async |query: &str, body: &[u8]| {
            let path = format!("/v1/files:import?{query}");
            web.send("POST", &path, "application/octet-stream", body.to_vec()).await.refusal()
        };
        let named = format!("name={HOUSEHOLDS_TABLE}");
        let csv = HOUSEHOLDS.as_bytes();
        for (query, body, told) in [
            ("", csv, "400 FIELD_REQUIRED name=FIELD_REQUIRED"),
            ("name=a&nam=1", csv, "400 FIELD_UNKNOWN nam=FIELD_UNKNOWN"),
            ("name=nothing", csv, "404 TABLE_UNKNOWN"),
            (&named, b"%PDF-1.7".as_slice(), "400 FILE_KIND =FILE_KIND"),
            (&named, b"a,b\n1,\xff\xff\n", "400 FILE_ENCODING 2=FILE_ENCODING"),
        ] {
            assert_eq!(refusal(query, body).await, told, "{query}");
        }
        let stranger = Web::new(&harness, "");
        let denied = stranger.get(&format!("/v1/files:template?{named}")).await;
        assert_eq!(denied.status, StatusCode::UNAUTHORIZED);
        let methods = web.json("PUT", "/v1/files:import", &json!({})).await;
        assert_eq!((methods.status.as_u16(), &methods.headers["allow"]), (405, &"POST".parse().unwrap()));
        let exported = web.get(&format!("/v1/files:export?{named}&format=FILE_FORMAT_CSV")).await;
        assert_eq!(String::from_utf8(exported.body).unwrap().lines().count(), 1, "nothing was written");
    })
    .await;
}
