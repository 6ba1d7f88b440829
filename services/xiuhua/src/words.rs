//! What the command line itself says, in the three languages. What a service refuses it says in its own words.

use kernel::language::{Label, Language};

/// A text with places `{name}` to be filled.
#[derive(Debug, Clone, Copy)]
pub struct Words(Label);

impl Words {
    const fn new(zh: &'static str, ko: &'static str, en: &'static str) -> Self {
        Self(Label::new(zh, ko, en))
    }

    /// The text.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        self.0.in_language(language)
    }

    /// The text, its places filled.
    #[must_use]
    pub fn fill(self, language: Language, values: &[(&str, &dyn std::fmt::Display)]) -> String {
        values.iter().fold(self.text(language).to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &value.to_string())
        })
    }
}

macro_rules! words {
    ($($(#[$comment:meta])* $name:ident: $zh:literal, $ko:literal, $en:literal;)*) => {
        $($(#[$comment])* pub const $name: Words = Words::new($zh, $ko, $en);)*

        #[cfg(test)]
        const ALL: &[(&str, Words)] = &[$((stringify!($name), $name)),*];
    };
}

words! {
    /// Without a token nothing can be asked.
    NO_TOKEN: "缺少令牌:请用 --token、--token-file 或 XIUHUA_TOKEN 给出",
        "통행증이 없다. --token, --token-file 또는 XIUHUA_TOKEN 으로 주어야 한다",
        "no token: give one by --token, --token-file or XIUHUA_TOKEN";
    /// A gateway that does not answer.
    UNREACHABLE: "无法连接 {address}:{why}", "{address} 에 련결할수 없다: {why}", "{address} cannot be reached: {why}";
    /// A name that no table has.
    NO_TABLE: "没有名为“{name}”的表;有以下各表:",
        "“{name}” 이라는 표가 없다. 있는 표:",
        "there is no table “{name}”; there are:";
    /// A name of no table that answers, while a service does not.
    TABLE_OUT_OF_REACH: "未找到名为“{name}”的表;以下服务未应答,其各表暂不可用:{services}",
        "“{name}” 이라는 표를 찾지 못했다. 응답하지 않은 봉사의 표들은 잠시 쓸수 없다: {services}",
        "no table “{name}” was found; these services did not answer, and their tables are out of reach for now: {services}";
    /// A name of several tables.
    SEVERAL_TABLES: "“{name}”对应多张表,请用表的标识:",
        "“{name}” 에 해당하는 표가 여러개다. 표의 식별자를 써야 한다:",
        "“{name}” is the name of several tables; use an identifier:";
    /// Several sheets for a csv file.
    NEEDS_WORKBOOK: "“{name}”有多张工作表,只能写入 .xlsx 文件",
        "“{name}” 는 작업표가 여러개여서 .xlsx 파일에만 쓸수 있다",
        "“{name}” has several sheets, which only an .xlsx file can hold";
    /// A file name that says no format.
    NO_FORMAT: "{file}:文件名应以 .xlsx 或 .csv 结尾", "{file}: 파일이름은 .xlsx 나 .csv 로 끝나야 한다", "{file}: the name must end in .xlsx or .csv";
    /// Rejected rows that would be written over the file that they are from.
    ERRORS_ONTO_INPUT: "{file}:退回的行不能写入所导入的文件本身,请另取文件名",
        "{file}: 반려된 행을 들여오는 파일자체에 쓸수 없다. 다른 파일이름을 써야 한다",
        "{file}: the rejected rows cannot be written over the file that is imported; choose another name";
    /// Which fields changed.
    CHANGED_COLUMNS: "变更的栏目:{columns}", "변경된 항목: {columns}", "changed fields: {columns}";
    /// How often one of them did.
    CHANGED_COLUMN: "{column} {count} 行", "{column} {count}행", "{column} in {count} rows";
    /// Why rows were rejected.
    REJECTED_REASON: "退回:{column}:{message}({count} 处)", "반려: {column}: {message}({count}곳)", "rejected: {column}: {message} ({count})";
    /// Rows that may be of several records.
    AMBIGUOUS: "其中对应多条记录、无法确定:{count} 行", "그중 여러 기록에 해당하여 정할수 없는것: {count}행", "of these, {count} fit several records";
    /// A wrong cell.
    CELL_ERROR: "第{row}行·{column}:{message}", "{row}행·{column}: {message}", "row {row}, {column}: {message}";
    /// A wrong row.
    ROW_ERROR: "第{row}行:{message}", "{row}행: {message}", "row {row}: {message}";
    /// A warning.
    WARNING: "(提示){line}", "(알림) {line}", "(warning) {line}";
    /// What fits instead.
    CANDIDATES: ";可选:{candidates}", "; 가능한 값: {candidates}", "; possible: {candidates}";
    /// Errors that are not shown.
    MORE_ERRORS: "……另有 {count} 条未显示", "……그밖에 {count}건은 표시하지 않았다", "… and {count} more that are not shown";
    /// How an import ended.
    IMPORTED: "{title}:收到 {received} 行,通过 {accepted} 行(未变 {unchanged},变更 {changed}),退回 {rejected} 行,提示 {warnings} 条",
        "{title}: 받은 행 {received}, 통과 {accepted}(변화없음 {unchanged}, 변경 {changed}), 반려 {rejected}, 알림 {warnings}",
        "{title}: {received} rows received, {accepted} accepted ({unchanged} unchanged, {changed} changed), {rejected} rejected, {warnings} warnings";
    /// Blank cells over recorded values.
    BLANKS: "空白单元格 {count} 处,原值保留", "빈칸 {count}곳, 원래 값을 그대로 둠", "{count} blank cells left what is recorded";
    /// A dry run.
    DRY_RUN: "仅校验,未保存任何内容", "검사만 하고 아무것도 보관하지 않았다", "checked only, nothing was stored";
    /// Where the rejected rows are.
    ERRORS_WRITTEN: "退回的行已写入 {file}", "반려된 행을 {file} 에 적었다", "the rejected rows are in {file}";
    /// A stream that broke and goes on.
    RESUMING: "连接中断({message}),从第{row}行之后继续", "련결이 끊어져({message}) {row}행 다음부터 계속한다", "the connection broke ({message}); going on after row {row}";
    /// How to take up a job.
    TAKE_UP: "可用 --job {job} 从中断处继续", "--job {job} 으로 끊어진 곳부터 계속할수 있다", "take it up with --job {job}";
    /// A broken off export.
    EXPORT_INCOMPLETE: "导出不完整,文件不可使用", "내보내기가 완전하지 않아 파일을 쓸수 없다", "the export is not complete; do not use the file";
    /// How an export ended.
    EXPORTED: "{title}:导出 {count} 行", "{title}: {count}행을 내보냈다", "{title}: {count} rows exported";
    /// A snapshot that was made.
    FROZEN: "快照 {code}:数据日期 {as_of},已知时点 {known_at}", "수치스냅숏 {code}: 수치일자 {as_of}, 파악시점 {known_at}", "snapshot {code}: as of {as_of}, known at {known_at}";
    /// A store that is not empty.
    NOT_EMPTY: "所选的数据库或文件夹中已有记录;演示只在空库上运行,请另选一处", "고른 자료기지나 서류철에 이미 기록이 있다. 시범은 빈 곳에서만 한다. 다른 곳을 고르시오", "the chosen database or folder already holds records; the demonstration runs on an empty one only: choose another";
    /// What is made up.
    MADE_UP: "演示数据均为合成,种子 {seed}", "시범자료는 모두 합성한것이다. 종자 {seed}", "all data is made up from seed {seed}";
    /// A step of the demonstration.
    STEP: "{title}:{rows} 行,{seconds} 秒", "{title}: {rows}행, {seconds}초", "{title}: {rows} rows, {seconds} s";
    /// A step without rows.
    STEP_PLAIN: "{title}:{seconds} 秒", "{title}: {seconds}초", "{title}: {seconds} s";
    /// The services.
    STARTING: "启动各服务", "봉사들을 시작", "services started";
    /// A snapshot as a step.
    SNAPSHOT: "数据快照 {code}", "수치스냅숏 {code}", "snapshot {code}";
    /// The report as a step.
    REPORT: "报告 {template}", "보고 {template}", "report {template}";
    /// Everything in.
    LOADED: "共导入 {rows} 行,退回 {rejected} 行,提示 {warnings} 条,用时 {seconds} 秒", "모두 {rows}행을 들여오고 {rejected}행을 반려, 알림 {warnings}건, {seconds}초 걸림", "{rows} rows imported, {rejected} rejected, {warnings} warnings, in {seconds} s";
    /// Memory.
    PEAK: "内存峰值 {mebibytes} MiB", "기억용량 최고 {mebibytes} MiB", "peak memory {mebibytes} MiB";
    /// Title of a table's sum.
    TABLE: "表", "표", "table";
    /// Title of rows.
    ROWS: "行", "행", "rows";
    /// Title of seconds.
    SECONDS: "秒", "초", "seconds";
    /// The command was told to stop.
    STOPPED: "已中止", "중지되였다", "stopped";
    /// Figures that were compared.
    COMPARED: "与公布数比对:一致 {agree},不一致 {differ},不可用 {missing},无公布数 {open}", "공포수치와 대조: 일치 {agree}, 불일치 {differ}, 없음 {missing}, 공포수치 없음 {open}", "compared with the published figures: {agree} agree, {differ} differ, {missing} unavailable, {open} not published";
    /// Where it serves.
    SERVING: "服务地址 {address}(gRPC);Ctrl-C 停止", "봉사주소 {address} (gRPC). Ctrl-C 로 멈춘다", "serving on {address} (gRPC); Ctrl-C stops";
    /// Ready-made tokens.
    TOKENS: "可直接使用的令牌(12小时有效):", "곧 쓸수 있는 통행증(12시간 유효):", "ready-made tokens (valid for 12 hours):";
    /// What can be tried.
    TRY: "可以试试:", "해볼수 있는것:", "to try:";
    /// Stopping.
    STOPPING: "正在停止……", "멈추고있다……", "stopping …";
    /// Keys that were made.
    KEYS_MADE: "密钥已生成于 {dir};请备份,遗失后加密的栏目无法恢复", "열쇠를 {dir} 에 만들었다. 예비를 보관해야 한다. 잃으면 암호화된 항목을 복구할수 없다", "keys made in {dir}; keep a copy: without them encrypted columns are lost";
    /// No key to sign with.
    NO_ISSUER: "{dir} 中没有签发密钥 issuer.pem", "{dir} 에 발급열쇠 issuer.pem 이 없다", "{dir} has no issuer.pem to sign with";
    /// A role that does not exist.
    NO_ROLE: "没有角色“{role}”;有:{roles}", "“{role}” 역할이 없다. 있는 역할: {roles}", "there is no role “{role}”; there are {roles}";
    /// A programme that does not exist.
    NO_PROGRAMME: "没有项目“{programme}”;有:{programmes}", "“{programme}” 프로그람이 없다. 있는것: {programmes}", "there is no programme “{programme}”; there are {programmes}";
    /// An area that is none.
    NO_AREA: "“{area}”不是区划代码", "“{area}” 는 행정구역코드가 아니다", "“{area}” is no division code";
    /// A time that is none.
    NO_TIME: "“{ttl}”不是时长(如 30m、8h、7d)", "“{ttl}” 는 시간이 아니다(례: 30m, 8h, 7d)", "“{ttl}” is no length of time (30m, 8h, 7d)";
    /// A day that is none.
    NO_DAY: "“{day}”不是日期(YYYY-MM-DD)", "“{day}” 는 날자가 아니다(YYYY-MM-DD)", "“{day}” is no day (YYYY-MM-DD)";
    /// A schema that was made.
    SCHEMA_MADE: "模式 {schema}:就绪", "스키마 {schema}: 준비됨", "schema {schema}: ready";
    /// A role that was made.
    ROLE_MADE: "角色 {role}(口令只显示这一次):", "역할 {role}(암호는 한번만 보인다):", "role {role} (its password is shown this once):";
    /// A role that is there already.
    ROLE_THERE: "角色 {role} 已存在,口令不变", "역할 {role} 가 이미 있다. 암호는 그대로다", "role {role} is there already and keeps its password";
    /// A role that could not be made.
    ROLE_NOT_MADE: "角色 {role} 未建({why});各服务使用给定的角色", "역할 {role} 를 만들지 못했다({why}). 봉사들은 주어진 역할을 쓴다", "role {role} was not made ({why}); services use the given role";
    /// Everything right.
    CHECKED: "{what}:正常", "{what}: 정상", "{what}: fine";
    /// Something wrong.
    BROKEN: "{what}:{problem}", "{what}: {problem}", "{what}: {problem}";
    /// Title of the record.
    RECORD: "记录", "기록", "record";
    /// Title of the division.
    AREA: "区划", "구역", "division";
    /// Title of the contribution.
    CONTRIBUTION: "计入(金额为分)", "계산몫(금액은 분)", "contributes (money in fen)";
    /// Title of the days.
    DAYS: "日期", "날자", "days";
    /// Title of the source.
    SOURCE: "来源", "출처", "source";
    /// The sum of the evidence.
    EVIDENCE: "共 {rows} 条", "모두 {rows}건", "{rows} records in all";
    /// Rows that are not shown.
    EVIDENCE_CUT: "共 {rows} 条,只显示前 {limit} 条(--format csv 输出全部)", "모두 {rows}건, 앞의 {limit}건만 표시(--format csv 는 전부)", "{rows} records in all, the first {limit} shown (--format csv prints all)";
    /// A list that lacks what some service knows.
    PART_MISSING: "不完整:{services}", "완전하지 않음: {services}", "not complete: {services}";
    /// A list without entries.
    NONE: "无", "없음", "none";
    /// Title of a first day.
    FROM: "起始", "시작", "from";
    /// Title of the day after the last.
    UNTIL: "截止", "마감", "until";
    /// Title of the state.
    STATE: "状态", "상태", "state";
    /// Title of the poverty line of a year.
    LINE: "贫困线", "빈곤선", "poverty line";
    /// Title of the programme.
    PROGRAMME: "项目", "프로그람", "programme";
    /// Title of what something is about.
    CONTENT: "内容", "내용", "about";
    /// Title of the year.
    YEAR: "年度", "년도", "year";
    /// Title of an approved amount.
    APPROVED: "批准", "비준", "approved";
    /// Title of a paid amount.
    PAID: "已付", "지급", "paid";
    /// Assurances that are not proved.
    GAPS: "未达标或未核实的保障", "미달 또는 미확인 보장", "assurances not proved";
    /// A profile that misses something.
    PROFILE_INCOMPLETE: "画像不完整:部分来源不可用", "종합정보가 완전하지 않다. 일부 출처를 쓸수 없다", "the profile is not complete: some sources are not available";
    /// A file that nobody can read on a terminal.
    NO_TERMINAL: "xlsx 不能显示在终端上;请用 --out 指定文件", "xlsx 는 말단에 보일수 없다. --out 으로 파일을 주어야 한다", "xlsx is nothing for a terminal; name a file by --out";
    /// A blank form that was written.
    TEMPLATE_WRITTEN: "{title}:空白表已写入 {file}", "{title}: 빈 표를 {file} 에 적었다", "{title}: the blank form is in {file}";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn every_text_has_the_same_places_in_all_languages() {
        for (name, words) in ALL {
            let [zh, ko, en] = Language::ALL.map(|language| words.text(language));
            assert!(!zh.is_empty() && !ko.is_empty() && !en.is_empty(), "{name}");
            assert_eq!(places(zh), places(ko), "{name}");
            assert_eq!(places(zh), places(en), "{name}");
        }
    }

    #[test]
    fn places_are_filled() {
        let line =
            CELL_ERROR.fill(Language::En, &[("row", &12), ("column", &"姓名"), ("message", &"missing")]);
        assert_eq!(line, "row 12, 姓名: missing");
    }
}
