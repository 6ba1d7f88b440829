use std::sync::Arc; use std::time::Instant;
use kernel::clock::SystemClock; use store::*; use sqlx::{*,Arguments};
const MAXI:i64=i64::MAX;
fn cols(n:usize)->Vec<String>{ let mut v:Vec<String>=["id","version","valid_from","valid_to","recorded_at","superseded_at","area","scope_area"].map(String::from).into(); for i in 0..n{v.push(format!("c{i}"))} v}
fn row(i:usize,n:usize)->Vec<Value>{ let mut r=vec![Value::Text(format!("0190b7a2-{:04x}-7{:03x}-8000-{:012x}",i/4096,i%4096,i)),Value::Integer(1),Value::from("2015-12-31"),Value::from("9999-12-31"),Value::KnownNow,Value::Integer(MAXI),Value::from("222424001002"),Value::from("222424001002")]; for k in 0..n { r.push(if k%3==0{Value::Integer(k as i64*77)} else if k%3==1 {Value::Text(format!("文字{k}-{i}"))} else {Value::NullText}) } r}
fn ddl(n:usize)->String{ let mut s="CREATE TABLE fact (id TEXT NOT NULL, version BIGINT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT NOT NULL, recorded_at BIGINT NOT NULL, superseded_at BIGINT NOT NULL, area TEXT NOT NULL, scope_area TEXT NOT NULL".to_string(); for k in 0..n { s+=&format!(", c{k} {}", if k%3==0{"BIGINT"}else{"TEXT"}) } s+", PRIMARY KEY(id,version,valid_from)); CREATE INDEX fact_area ON fact(area,id); CREATE INDEX fact_scope ON fact(scope_area,id)" }
#[tokio::main] async fn main(){
  let url=std::env::var("XIUHUA_TEST_POSTGRES_URL").ok();
  for n in [4usize,32] {
   let cs:Arc<[String]>=cols(n).into();
   // bare sqlite
   for bare_rows in [512usize/if n>4 {2} else {1}] {
    let d=tempfile::tempdir_in("/work").unwrap();
    let mut c=sqlx::sqlite::SqliteConnectOptions::new().filename(d.path().join("b")).create_if_missing(true).journal_mode(sqlx::sqlite::SqliteJournalMode::Wal).synchronous(sqlx::sqlite::SqliteSynchronous::Full).pragma("wal_autocheckpoint","10000").pragma("cache_size","-16384").disable_statement_logging().connect().await.unwrap();
    c.execute(AssertSqlSafe(ddl(n))).await.unwrap();
    for rep in 0..4 { let rows:Vec<_>=(0..10_000).map(|i|row(rep*10_000+i,n)).collect(); let t=Instant::now();
     c.execute("BEGIN").await.unwrap();
     for chunk in rows.chunks(bare_rows){ let mut a=sqlx::sqlite::SqliteArguments::default(); let one=format!("({})",vec!["?";cs.len()].join(",")); for r in chunk{for v in r {match v{Value::Text(t)=>a.add(t.clone()).unwrap(),Value::Integer(i)=>a.add(*i).unwrap(),Value::KnownNow=>a.add(5i64).unwrap(),_=>a.add(None::<String>).unwrap()}}}
       let sql=format!("INSERT INTO fact ({}) VALUES {}",cs.join(","),vec![one;chunk.len()].join(",")); sqlx::query_with(AssertSqlSafe(sql),a).execute(&mut c).await.unwrap(); }
     c.execute("COMMIT").await.unwrap(); println!("bare sqlite {} cols: {:.0} rows/s",cs.len(),10_000.0/t.elapsed().as_secs_f64()); }
   }
   let d=tempfile::tempdir_in("/work").unwrap();
   let db=Db::open_sqlite(&d.path().join("s"),Arc::new(SystemClock)).await.unwrap();
   let mut dbs=vec![("sqlite",db)];
   if let Some(u)=&url { dbs.push(("postgres",Db::open_postgres(u,PostgresOptions{schema:Some(format!("load{n}_{}",std::process::id())),max_connections:16,transaction_pooler:false}).await.unwrap())); }
   for (name,db) in dbs { let sql:&'static str=Box::leak(ddl(n).into_boxed_str()); db.migrate(MIGRATIONS).await.unwrap(); db.migrate(&[Migration{name:"x",sql}]).await.unwrap();
    for rep in 0..4 { let rows:Vec<_>=(0..10_000).map(|i|row(rep*10_000+i,n)).collect(); let set=WriteSet{steps:vec![Step::Insert{table:"fact",columns:cs.clone(),rows}],..Default::default()}; let t=Instant::now(); db.commit(set).await.unwrap(); println!("{name} {} cols: {:.0} rows/s",cs.len(),10_000.0/t.elapsed().as_secs_f64()); }
    // import-like
    for rep in 0..4 { let base=100_000+rep*2000; let rows:Vec<_>=(0..2000).map(|i|row(base+i,n)).collect(); let ids:Vec<String>=rows.iter().map(|r|match &r[0]{Value::Text(t)=>t.clone(),_=>String::new()}).collect();
      let ident=ids.iter().map(|i|["persons","id",i,i,"222424"].into_iter().map(Value::from).collect()).collect();
      let ev=ids.iter().map(|i|NewEvent{collection:"persons".into(),id:i.clone(),version:1,kind:"created".into(),area:"222424001002".into(),scope_area:"222424001002".into(),detail:None}).collect();
      let au=ids.iter().map(|i|NewAudit{subject:"steward".into(),role:"steward".into(),method:"/xiuhua.registry.v1.PersonService/CreatePerson".into(),action:"create".into(),resource:Some(format!("persons/{i}")),outcome:"ok".into(),count:1,..Default::default()}).collect();
      let g=ids.iter().map(|i|(format!("person/{i}"),0)).collect();
      let set=WriteSet{steps:vec![Step::Insert{table:"fact",columns:cs.clone(),rows},Step::Insert{table:"identity",columns:["collection","key_kind","key_value","id","area"].map(String::from).into(),rows:ident},Step::Guard{rows:g}],events:ev,audit:au,request:None};
      let t=Instant::now(); db.commit(set).await.unwrap(); println!("{name} {} cols import of 2000 (10k rows in 5 tables): {:.0} rows/s",cs.len(),10_000.0/t.elapsed().as_secs_f64()); 
      let t=Instant::now(); db.commit(WriteSet{steps:vec![Step::Supersede{table:"fact",rows:ids.iter().map(|i|(i.clone(),1)).collect()}],..Default::default()}).await.unwrap(); println!("   supersede 2000: {:.0} rows/s",2_000.0/t.elapsed().as_secs_f64()); }
    // small
    for inflight in [1usize,16] { let t=Instant::now(); let per=if inflight==1{1500}else{400}; let tasks:Vec<_>=(0..inflight).map(|w|{let db=db.clone();let cs=cs.clone();tokio::spawn(async move{for k in 0..per{ let i=1_000_000+w*10_000+k+inflight*200_000; let id=format!("h{i}"); let mut rr=row(i,n); rr[0]=Value::Text(id.clone());
       let set=WriteSet{steps:vec![Step::Guard{rows:vec![(format!("household/{id}"),0)]},Step::Insert{table:"fact",columns:cs.clone(),rows:vec![rr]},Step::Insert{table:"identity",columns:["collection","key_kind","key_value","id","area"].map(String::from).into(),rows:vec![["households","no",&id,&id,"2224"].into_iter().map(Value::from).collect()]}],events:vec![NewEvent{collection:"households".into(),id:id.clone(),version:1,kind:"created".into(),area:"2224".into(),scope_area:"2224".into(),detail:None}],audit:vec![NewAudit{subject:"clerk".into(),..Default::default()}],request:Some(NewRequest{subject:"clerk".into(),request_id:id.clone(),digest:"d".into(),status:0,resources:"[]".into()})};
       db.commit(set).await.unwrap();}})}).collect(); for x in tasks{x.await.unwrap();} println!("{name} small sets (6 inserts), {inflight} in flight: {:.0}/s",(per*inflight) as f64/t.elapsed().as_secs_f64()); }
   }
  }
}
