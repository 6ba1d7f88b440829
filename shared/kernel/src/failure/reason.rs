//! The documented reasons of every refusal. Their texts are a promise to callers: they are only ever added
//! to.

use std::fmt;

/// The kind of a failure; `runtime` maps it one to one to a gRPC code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The request is wrong whatever the records say.
    InvalidArgument,
    /// The named record does not exist, or is not visible to the caller.
    NotFound,
    /// It exists already.
    AlreadyExists,
    /// The caller may not.
    PermissionDenied,
    /// It is not known who calls.
    Unauthenticated,
    /// The records as they are do not allow it.
    FailedPrecondition,
    /// Someone else was faster; read again and try again.
    Aborted,
    /// A limit is reached.
    ResourceExhausted,
    /// A part of the suite cannot be reached at present.
    Unavailable,
    /// The time that the caller gave is over.
    DeadlineExceeded,
    /// Beyond what exists, such as a feed position.
    OutOfRange,
    /// Not offered.
    Unimplemented,
    /// The caller gave up.
    Cancelled,
    /// A fault of the suite.
    Internal,
}

/// Declares the reasons once: variant, name, kind and arguments.
macro_rules! reasons {
    ($($(#[doc = $text:literal])+ $variant:ident $name:literal $kind:ident [$($argument:literal),*];)+) => {
        /// Why something was refused or warned about; `google.rpc.ErrorInfo.reason` carries
        /// [`Reason::as_str`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(
                $(#[doc = $text])+
                ///
                #[doc = concat!("`", $name, "`, kind ", stringify!($kind), ", arguments: ", stringify!([$($argument),*]), ".")]
                $variant,
            )+
        }

        impl Reason {
            /// All reasons in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire, such as `FIELD_REQUIRED`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The kind of a failure with this reason.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind),+ }
            }

            /// The names of the arguments that messages of this reason show.
            #[must_use]
            pub const fn arguments(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($argument),*]),+ }
            }
        }
    };
}

reasons! {
    // Whole requests.
    /// Several things are wrong, at least one of them with the request itself; see the violations.
    ValidationFailed "VALIDATION_FAILED" InvalidArgument ["count"];
    /// The request is well formed, but several rules refuse it; see the violations.
    RulesBroken "RULES_BROKEN" FailedPrecondition ["count"];

    // Fields.
    /// A required field is empty.
    FieldRequired "FIELD_REQUIRED" InvalidArgument [];
    /// The resource has no such field.
    FieldUnknown "FIELD_UNKNOWN" InvalidArgument [];
    /// The field is a consequence of other facts and cannot be written.
    FieldOutputOnly "FIELD_OUTPUT_ONLY" InvalidArgument [];
    /// The field is set once, when the record is created.
    FieldImmutable "FIELD_IMMUTABLE" InvalidArgument [];
    /// A path of the update mask names no field of the resource.
    MaskPathUnknown "MASK_PATH_UNKNOWN" InvalidArgument ["path"];
    /// A masked value was sent back that is not the mask of the stored one.
    ValueMasked "VALUE_MASKED" InvalidArgument [];
    /// The text is longer than `limit` characters.
    TextTooLong "TEXT_TOO_LONG" InvalidArgument ["limit"];
    /// The text has control characters or a line break where none may stand.
    TextInvalid "TEXT_INVALID" InvalidArgument [];
    /// More than `limit` elements where at most `limit` may stand.
    ItemsTooMany "ITEMS_TOO_MANY" InvalidArgument ["limit"];
    /// The text is neither a code nor a label nor an alias in the code table.
    CodeUnknown "CODE_UNKNOWN" InvalidArgument ["code", "table"];
    /// Not a day of the calendar, or in no known form.
    DateInvalid "DATE_INVALID" InvalidArgument [];
    /// The date lies after today although it speaks of something that happened.
    DateInFuture "DATE_IN_FUTURE" InvalidArgument [];
    /// Two dates stand in the wrong order; the arguments are their field names.
    DateOrder "DATE_ORDER" InvalidArgument ["earlier", "later"];
    /// Not a year of four digits.
    YearInvalid "YEAR_INVALID" InvalidArgument [];
    /// Not a month of a year.
    MonthInvalid "MONTH_INVALID" InvalidArgument [];
    /// Not an integer.
    IntegerInvalid "INTEGER_INVALID" InvalidArgument [];
    /// Neither 是 nor 否.
    BooleanInvalid "BOOLEAN_INVALID" InvalidArgument [];
    /// Not a decimal number.
    AmountInvalid "AMOUNT_INVALID" InvalidArgument [];
    /// More than two decimals.
    AmountDecimals "AMOUNT_DECIMALS" InvalidArgument [];
    /// Greater than can be kept.
    AmountOverflow "AMOUNT_OVERFLOW" InvalidArgument [];
    /// Negative where only zero and more make sense.
    NumberNegative "NUMBER_NEGATIVE" InvalidArgument [];
    /// Outside `minimum` to `maximum`.
    NumberOutOfRange "NUMBER_OUT_OF_RANGE" InvalidArgument ["minimum", "maximum"];
    /// Not a telephone number.
    PhoneInvalid "PHONE_INVALID" InvalidArgument [];

    // Persons.
    /// The ID number has not 18 characters.
    IdNumberLength "ID_NUMBER_LENGTH" InvalidArgument [];
    /// The ID number has other characters than digits and a last X.
    IdNumberCharacters "ID_NUMBER_CHARACTERS" InvalidArgument [];
    /// Digits 7 to 14 of the ID number are no date.
    IdNumberDate "ID_NUMBER_DATE" InvalidArgument [];
    /// The 18th character of the ID number does not fit the others.
    IdNumberChecksum "ID_NUMBER_CHECKSUM" InvalidArgument [];
    /// The disability certificate number is not ID number, class and grade (and reissue).
    DisabilityCertificateInvalid "DISABILITY_CERTIFICATE_INVALID" InvalidArgument [];
    /// The disability certificate number belongs to another ID number.
    DisabilityCertificateDiffers "DISABILITY_CERTIFICATE_DIFFERS" InvalidArgument [];
    /// The birth date is not the one in the ID number.
    BirthDateDiffers "BIRTH_DATE_DIFFERS" InvalidArgument [];
    /// The sex is not the one in the ID number.
    SexDiffers "SEX_DIFFERS" InvalidArgument [];
    /// The person already has an active membership in another household (invariant 1).
    MembershipOverlaps "MEMBERSHIP_OVERLAPS" FailedPrecondition [];
    /// The household has not exactly one head.
    HouseholdHeadCount "HOUSEHOLD_HEAD_COUNT" FailedPrecondition ["found"];

    // Places.
    /// No division has this code on the day in question.
    AreaUnknown "AREA_UNKNOWN" InvalidArgument ["area"];
    /// No division within the area has this name.
    PlaceUnknown "PLACE_UNKNOWN" InvalidArgument ["place"];
    /// Several divisions have this name.
    PlaceAmbiguous "PLACE_AMBIGUOUS" InvalidArgument ["candidates"];
    /// Warning: the place on the form is not the household's division on the day. The form's place is kept.
    AreaDiffers "AREA_DIFFERS" InvalidArgument [];
    /// The row's place lies outside the area in the header of the import.
    AreaOutsideHeader "AREA_OUTSIDE_HEADER" InvalidArgument ["area"];
    /// The division is of another level than the fact needs.
    AreaLevelWrong "AREA_LEVEL_WRONG" InvalidArgument ["expected"];
    /// Two divisions would have the same code at the same time, or a parent is missing.
    DivisionParentMissing "DIVISION_PARENT_MISSING" FailedPrecondition ["parent"];

    // References and identity.
    /// The record that is referred to does not exist, or is not visible to the caller.
    ReferenceNotFound "REFERENCE_NOT_FOUND" FailedPrecondition ["collection"];
    /// The reference names several records.
    ReferenceAmbiguous "REFERENCE_AMBIGUOUS" FailedPrecondition ["collection"];
    /// The reference names a record of another collection.
    ReferenceKindWrong "REFERENCE_KIND_WRONG" InvalidArgument ["collection"];
    /// The person or household is registered outside the caller's area; only the county is told.
    RegisteredElsewhere "REGISTERED_ELSEWHERE" FailedPrecondition ["county"];
    /// The identity columns name several records.
    IdentityAmbiguous "IDENTITY_AMBIGUOUS" FailedPrecondition ["candidates"];
    /// The same identity stands in an earlier row of the file.
    DuplicateInFile "DUPLICATE_IN_FILE" InvalidArgument ["row"];
    /// A value that must be unique belongs to another record.
    ValueTaken "VALUE_TAKEN" AlreadyExists ["key"];

    // Standing, states and rules.
    /// Warning: the standing on the form is not the one that follows from the cases.
    StandingDiffers "STANDING_DIFFERS" InvalidArgument ["stated", "recorded"];
    /// The standing of the household on the day does not allow it.
    StandingRefuses "STANDING_REFUSES" FailedPrecondition ["standing"];
    /// Warning: the number of members on the form is not the registry's on the day.
    MemberCountDiffers "MEMBER_COUNT_DIFFERS" InvalidArgument ["stated", "recorded"];
    /// Later periods hold another value in a changed field; say apply_to_later, or change them by themselves.
    LaterPeriodsDiffer "LATER_PERIODS_DIFFER" FailedPrecondition ["from"];
    /// The state does not allow this verb.
    StateRefuses "STATE_REFUSES" FailedPrecondition ["state", "verb"];
    /// Who proposed or prepared it cannot decide it.
    ProposerDecides "PROPOSER_DECIDES" FailedPrecondition [];
    /// A step that must come before is not recorded.
    MilestoneMissing "MILESTONE_MISSING" FailedPrecondition ["milestone"];
    /// The act would lie before an earlier act of the same record.
    ActOutOfOrder "ACT_OUT_OF_ORDER" FailedPrecondition ["earlier"];
    /// The floor area is over the limit for the household's size (invariant 5 and the renovation standard).
    OverSize "OVER_SIZE" FailedPrecondition ["limit"];
    /// The house's grade is not dangerous (C or D).
    GradeNotDangerous "GRADE_NOT_DANGEROUS" FailedPrecondition [];
    /// The household already has the other of relocation and renovation for the same need (invariant 6).
    RelocationAndRenovation "RELOCATION_AND_RENOVATION" FailedPrecondition [];
    /// More paid than allocated or approved (invariant 10).
    PaidOverApproved "PAID_OVER_APPROVED" FailedPrecondition ["limit"];
    /// A later stage of money is greater than the one before it.
    StageOverPrevious "STAGE_OVER_PREVIOUS" FailedPrecondition ["stage", "previous"];
    /// The parts do not add up to the total (invariant 10).
    SumDiffers "SUM_DIFFERS" InvalidArgument ["total", "sum"];
    /// The same aid is already given for the period.
    AidDuplicate "AID_DUPLICATE" FailedPrecondition ["period"];
    /// Two kinds of aid exclude each other for a person at a time (invariant 2).
    AidExcluded "AID_EXCLUDED" FailedPrecondition ["other"];
    /// The household already has an active microloan (invariant 3).
    LoanActive "LOAN_ACTIVE" FailedPrecondition [];
    /// The amount is over the limit of the product or rule, in yuan.
    AmountOverLimit "AMOUNT_OVER_LIMIT" FailedPrecondition ["limit"];
    /// The term is longer than the product or rule allows, in months.
    TermOverLimit "TERM_OVER_LIMIT" FailedPrecondition ["limit"];
    /// The county's risk fund at the bank does not carry another loan (invariant 4).
    RiskFundExhausted "RISK_FUND_EXHAUSTED" FailedPrecondition [];
    /// Too young or too old on the day in question.
    AgeOutOfRange "AGE_OUT_OF_RANGE" FailedPrecondition ["minimum", "maximum"];
    /// The stage of schooling does not match the kind of aid.
    StageMismatch "STAGE_MISMATCH" FailedPrecondition ["expected"];
    /// The income is not above the line of the year, in yuan (invariant 7).
    IncomeBelowLine "INCOME_BELOW_LINE" FailedPrecondition ["line"];
    /// A guarantee that exit needs is not met or not checked (invariant 7).
    GuaranteeUnmet "GUARANTEE_UNMET" FailedPrecondition ["guarantee"];
    /// The household's signature is missing (invariant 7).
    SignatureMissing "SIGNATURE_MISSING" FailedPrecondition [];
    /// A public notice that the decision needs is missing (invariant 7).
    NoticeMissing "NOTICE_MISSING" FailedPrecondition [];
    /// The notice was shorter than the required days (invariant 9).
    NoticeTooShort "NOTICE_TOO_SHORT" FailedPrecondition ["days", "required"];
    /// The notice had not ended on the day of the decision (invariant 9).
    NoticeNotEnded "NOTICE_NOT_ENDED" FailedPrecondition ["until"];
    /// An objection to the notice is still open (invariant 7).
    ObjectionOpen "OBJECTION_OPEN" FailedPrecondition ["count"];
    /// A helper would have more households than allowed.
    HelperOverloaded "HELPER_OVERLOADED" FailedPrecondition ["limit"];
    /// Someone else holds the post at that time.
    PostTaken "POST_TAKEN" FailedPrecondition [];
    /// The cadre may not leave the post before the division's exit.
    TransferBeforeExit "TRANSFER_BEFORE_EXIT" FailedPrecondition [];
    /// The record was withdrawn.
    Withdrawn "WITHDRAWN" FailedPrecondition [];
    /// A parameter that the rule needs has no value for the area and day.
    ParameterMissing "PARAMETER_MISSING" FailedPrecondition ["parameter"];

    // Files and imports.
    /// The table has no such column.
    ColumnUnknown "COLUMN_UNKNOWN" InvalidArgument ["column"];
    /// A column that the table needs is missing.
    ColumnMissing "COLUMN_MISSING" InvalidArgument ["column"];
    /// A column stands twice.
    ColumnDuplicate "COLUMN_DUPLICATE" InvalidArgument ["column"];
    /// A row has another number of cells than there are columns.
    RowCellCount "ROW_CELL_COUNT" InvalidArgument ["expected", "found"];
    /// The table needs the date that the form speaks for.
    FormDateRequired "FORM_DATE_REQUIRED" InvalidArgument [];
    /// The file is no workbook or table that can be read.
    FileUnreadable "FILE_UNREADABLE" InvalidArgument [];
    /// The file is neither UTF-8 nor GB18030.
    FileEncoding "FILE_ENCODING" InvalidArgument [];
    /// The workbook lacks a sheet.
    SheetMissing "SHEET_MISSING" InvalidArgument ["sheet"];
    /// The job was started with another file.
    FileDigestDiffers "FILE_DIGEST_DIFFERS" FailedPrecondition [];
    /// The file was cut: it broke off or stood still on its way, or its digest or number of rows is not what was announced.
    FileIncomplete "FILE_INCOMPLETE" InvalidArgument [];
    /// The job belongs to another file, table or setting.
    JobOtherFile "JOB_OTHER_FILE" FailedPrecondition [];
    /// There is no such import job, or it is another caller's.
    JobNotFound "JOB_NOT_FOUND" NotFound [];
    /// Someone else's connection is working on the job.
    JobBusy "JOB_BUSY" Aborted [];
    /// There is no such table.
    TableUnknown "TABLE_UNKNOWN" NotFound ["table"];

    // Figures and reports.
    /// There is no such indicator.
    IndicatorUnknown "INDICATOR_UNKNOWN" NotFound ["indicator"];
    /// There is no such figure in the template.
    FigureUnknown "FIGURE_UNKNOWN" NotFound ["figure"];
    /// There is no such report template.
    TemplateUnknown "TEMPLATE_UNKNOWN" NotFound ["template"];
    /// There is no snapshot with this code.
    SnapshotUnknown "SNAPSHOT_UNKNOWN" NotFound ["snapshot"];
    /// A snapshot with this code exists.
    SnapshotExists "SNAPSHOT_EXISTS" AlreadyExists ["snapshot"];
    /// What is recorded up to this moment may still grow.
    KnownAtNotClosed "KNOWN_AT_NOT_CLOSED" FailedPrecondition [];
    /// The moment lies in the future.
    KnownAtInFuture "KNOWN_AT_IN_FUTURE" InvalidArgument [];
    /// The period is empty, reversed or of a kind that the indicator does not have.
    PeriodInvalid "PERIOD_INVALID" InvalidArgument [];
    /// The indicator does not exist at this level of divisions.
    LevelNotDeclared "LEVEL_NOT_DECLARED" InvalidArgument ["indicator", "level"];

    // Names, versions, pages.
    /// The record does not exist, or is not visible to the caller.
    ResourceNotFound "RESOURCE_NOT_FOUND" NotFound ["name"];
    /// Not a resource name of the form collection/identifier.
    NameInvalid "NAME_INVALID" InvalidArgument [];
    /// A write needs a request_id.
    RequestIdRequired "REQUEST_ID_REQUIRED" InvalidArgument [];
    /// The request_id is no UUID.
    RequestIdInvalid "REQUEST_ID_INVALID" InvalidArgument [];
    /// The request_id was used for another request.
    RequestIdReused "REQUEST_ID_REUSED" AlreadyExists [];
    /// A write to an existing record needs its etag.
    EtagRequired "ETAG_REQUIRED" InvalidArgument [];
    /// The record has changed since it was read.
    EtagStale "ETAG_STALE" Aborted [];
    /// Others changed the same records each time of several tries.
    ConflictPersists "CONFLICT_PERSISTS" Aborted [];
    /// The page token is damaged or made up.
    PageTokenInvalid "PAGE_TOKEN_INVALID" InvalidArgument [];
    /// The page token belongs to another query.
    PageTokenOtherQuery "PAGE_TOKEN_OTHER_QUERY" InvalidArgument [];
    /// The page size is negative.
    PageSizeInvalid "PAGE_SIZE_INVALID" InvalidArgument [];
    /// More items in one batch than allowed.
    BatchTooLarge "BATCH_TOO_LARGE" InvalidArgument ["limit"];
    /// A batch without items.
    BatchEmpty "BATCH_EMPTY" InvalidArgument [];
    /// A message is larger than can be received.
    MessageTooLarge "MESSAGE_TOO_LARGE" ResourceExhausted [];
    /// Not one of the documented orders.
    OrderUnknown "ORDER_UNKNOWN" InvalidArgument [];
    /// An update needs to say whether it is a change or a correction.
    ChangeRequired "CHANGE_REQUIRED" InvalidArgument [];
    /// The record kind does not know this kind of change.
    ChangeKindUnsupported "CHANGE_KIND_UNSUPPORTED" InvalidArgument [];
    /// A correction or withdrawal needs its reason.
    ReasonRequired "REASON_REQUIRED" InvalidArgument [];
    /// The body of a JSON request cannot be read.
    RequestMalformed "REQUEST_MALFORMED" InvalidArgument ["position"];

    // Who may.
    /// No token.
    AuthenticationRequired "AUTHENTICATION_REQUIRED" Unauthenticated [];
    /// The token cannot be read or lacks a claim.
    TokenMalformed "TOKEN_MALFORMED" Unauthenticated [];
    /// The token's time is over, or not yet come.
    TokenExpired "TOKEN_EXPIRED" Unauthenticated [];
    /// The token is signed by another key.
    TokenSignature "TOKEN_SIGNATURE" Unauthenticated [];
    /// The token was revoked.
    TokenRevoked "TOKEN_REVOKED" Unauthenticated [];
    /// The caller lacks a permission.
    PermissionMissing "PERMISSION_MISSING" PermissionDenied ["permission"];
    /// The method declares no permission and is refused to everyone.
    PermissionUndeclared "PERMISSION_UNDECLARED" PermissionDenied ["method"];
    /// The area lies outside the caller's scope.
    AreaForbidden "AREA_FORBIDDEN" PermissionDenied ["area"];
    /// The programme is not among the caller's.
    ProgrammeForbidden "PROGRAMME_FORBIDDEN" PermissionDenied ["programme"];
    /// To see personal values unmasked, purpose and legal basis must be told.
    RevealPurposeRequired "REVEAL_PURPOSE_REQUIRED" InvalidArgument [];
    /// The caller may not see these values unmasked.
    RevealForbidden "REVEAL_FORBIDDEN" PermissionDenied [];

    // The suite itself.
    /// The database cannot be reached at present.
    DatabaseUnavailable "DATABASE_UNAVAILABLE" Unavailable [];
    /// Another service cannot be reached at present.
    ServiceUnavailable "SERVICE_UNAVAILABLE" Unavailable ["service"];
    /// More requests at once than can be served; nothing was done.
    Overloaded "OVERLOADED" ResourceExhausted [];
    /// The service is shutting down; nothing was done.
    ShuttingDown "SHUTTING_DOWN" Unavailable [];
    /// The time that the caller gave is over.
    DeadlineExceeded "DEADLINE_EXCEEDED" DeadlineExceeded [];
    /// The caller gave up.
    Cancelled "CANCELLED" Cancelled [];
    /// The resume token is damaged or made up.
    ResumeTokenInvalid "RESUME_TOKEN_INVALID" InvalidArgument [];
    /// The feed begins later, or ends earlier, than the resume token says.
    ResumeTokenOutOfRange "RESUME_TOKEN_OUT_OF_RANGE" OutOfRange [];
    /// A message of the stream stands out of order.
    StreamProtocol "STREAM_PROTOCOL" InvalidArgument ["expected"];
    /// A service answered in another form than its contract.
    AnswerUnexpected "ANSWER_UNEXPECTED" Internal ["service"];
    /// The configuration is wrong; the setting is named.
    ConfigurationInvalid "CONFIGURATION_INVALID" FailedPrecondition ["setting"];
    /// The method is not offered here.
    Unimplemented "UNIMPLEMENTED" Unimplemented [];
    /// A fault of the suite; its log has the details.
    Internal "INTERNAL" Internal [];

    // Appended since; the numbers of the wire never move.
    /// The person is no member of the case's household on the day.
    PersonNotMember "PERSON_NOT_MEMBER" FailedPrecondition [];
    /// A case has only the detail of its own kind.
    DetailOfOtherKind "DETAIL_OF_OTHER_KIND" InvalidArgument [];
    /// Cases of this kind are opened only within a round that is open on the day.
    RoundNotOpen "ROUND_NOT_OPEN" FailedPrecondition [];
    /// Nothing is offered under this address.
    PathUnknown "PATH_UNKNOWN" NotFound [];
    /// The address is offered, but not for this HTTP method.
    HttpMethodRefused "HTTP_METHOD_REFUSED" Unimplemented ["allowed"];
    /// The address is too long.
    PathTooLong "PATH_TOO_LONG" InvalidArgument ["limit"];
    /// The body is of another content type.
    ContentTypeUnsupported "CONTENT_TYPE_UNSUPPORTED" InvalidArgument ["expected"];
    /// The body is packed by a content encoding.
    ContentEncodingUnsupported "CONTENT_ENCODING_UNSUPPORTED" InvalidArgument ["expected"];
    /// The value is of another kind, or not in its form.
    ValueMalformed "VALUE_MALFORMED" InvalidArgument ["expected"];
    /// The field stands twice.
    FieldRepeated "FIELD_REPEATED" InvalidArgument [];
    /// Messages are nested too deep.
    NestedTooDeep "NESTED_TOO_DEEP" InvalidArgument ["limit"];
    /// The body did not arrive in time.
    BodyTooSlow "BODY_TOO_SLOW" DeadlineExceeded ["seconds"];
    /// The file is of another kind than its content must be.
    FileKind "FILE_KIND" InvalidArgument ["found"];
    /// A part of the file is, or grows when it is unpacked to, more than `limit` MiB or many times its size.
    FileGrows "FILE_GROWS" InvalidArgument ["limit"];
    /// A part of the workbook is missing, cut off or damaged.
    FilePartBroken "FILE_PART_BROKEN" InvalidArgument ["part"];
    /// Rows of one file are written in different encodings; `other` is a row of the other one.
    FileEncodingMixed "FILE_ENCODING_MIXED" InvalidArgument ["other"];
    /// A quote that begins in this row never ends.
    QuoteOpen "QUOTE_OPEN" InvalidArgument [];
    /// The row has more than `limit` columns; where it was found to, there were `found`.
    ColumnsTooMany "COLUMNS_TOO_MANY" InvalidArgument ["limit", "found"];
    /// The cell has more than `limit` characters.
    CellTooLarge "CELL_TOO_LARGE" InvalidArgument ["limit"];
    /// Nothing stands in the sheet.
    SheetEmpty "SHEET_EMPTY" InvalidArgument [];
    /// Several sheets fit; none has the name that is expected.
    SheetAmbiguous "SHEET_AMBIGUOUS" InvalidArgument ["sheets"];
    /// None of the first five rows has the titles of the table's columns.
    HeaderMissing "HEADER_MISSING" InvalidArgument ["columns"];
    /// The titles stand a second time; `row` is the first time.
    HeaderTwice "HEADER_TWICE" InvalidArgument ["row"];
    /// The cell is filled, but its column has no title.
    ColumnUntitled "COLUMN_UNTITLED" InvalidArgument [];
    /// A number of more than 15 digits: the spreadsheet has lost the last ones.
    CellDigitsLost "CELL_DIGITS_LOST" InvalidArgument [];
    /// The cell holds an error of the spreadsheet.
    CellErrorValue "CELL_ERROR_VALUE" InvalidArgument ["value"];
    /// The value stands in cells merged over several columns.
    CellMergedAcross "CELL_MERGED_ACROSS" InvalidArgument [];
    /// A formula that no spreadsheet has calculated yet.
    CellNotCalculated "CELL_NOT_CALCULATED" InvalidArgument [];
    /// Warning: cells are formulas; their last results were read.
    FormulasRead "FORMULAS_READ" InvalidArgument ["count"];
    /// Warning: rows that are hidden or filtered out were read too.
    RowsHidden "ROWS_HIDDEN" InvalidArgument ["count"];
    /// Warning: a hidden sheet was read.
    SheetHidden "SHEET_HIDDEN" InvalidArgument [];
    /// Warning: the value of cells merged over several rows was taken for each of them.
    CellsRepeated "CELLS_REPEATED" InvalidArgument ["count"];
    /// Warning: a sheet is none of the tables', and was not read.
    SheetNotRead "SHEET_NOT_READ" InvalidArgument [];
    /// Warning: the workbook lacks a sheet of the form.
    SheetAbsent "SHEET_ABSENT" InvalidArgument ["sheet"];
    /// Warning: the day for which the form speaks was read from a note above the header.
    FormDateRead "FORM_DATE_READ" InvalidArgument ["date"];
    /// The row has more than `limit` KiB.
    RowTooLarge "ROW_TOO_LARGE" InvalidArgument ["limit"];
    /// Warning: the day that was given for the form, `used`, is another than the `noted` one above the header.
    FormDateDiffers "FORM_DATE_DIFFERS" InvalidArgument ["noted", "used"];
    /// The note above the header names another day than that of another sheet, at `place`.
    FormDatesConflict "FORM_DATES_CONFLICT" InvalidArgument ["date", "place", "other"];
    /// What the note above the header tells is no day.
    FormDateUnreadable "FORM_DATE_UNREADABLE" InvalidArgument [];
    /// Warning: rows with sums, signatures or notes were not read.
    FootersNotRead "FOOTERS_NOT_READ" InvalidArgument ["count"];
}

impl Reason {
    /// The reason with this name on the wire.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }

    /// The declared argument with this name, for failures that are read back from the wire.
    #[must_use]
    pub fn argument(self, name: &str) -> Option<&'static str> {
        self.arguments().iter().copied().find(|argument| *argument == name)
    }

    /// Whether it only warns: the record is written all the same, and the warning is told and listed.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(
            self,
            Self::AreaDiffers
                | Self::StandingDiffers
                | Self::MemberCountDiffers
                | Self::FormulasRead
                | Self::RowsHidden
                | Self::SheetHidden
                | Self::CellsRepeated
                | Self::SheetNotRead
                | Self::SheetAbsent
                | Self::FormDateRead
                | Self::FormDateDiffers
                | Self::FootersNotRead
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_the_variants_in_capitals_and_unique() {
        let mut names = BTreeSet::new();
        for reason in Reason::ALL {
            let mut expected = String::new();
            for (index, character) in format!("{reason:?}").char_indices() {
                if index > 0 && character.is_ascii_uppercase() {
                    expected.push('_');
                }
                expected.push(character.to_ascii_uppercase());
            }
            assert_eq!(reason.as_str(), expected);
            assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
            assert!(names.insert(reason.as_str()));
        }
    }

    #[test]
    fn names_from_outside_are_checked() {
        assert_eq!(Reason::parse("NO_SUCH_REASON"), None);
        assert_eq!(Reason::CodeUnknown.argument("table"), Some("table"));
        assert_eq!(Reason::CodeUnknown.argument("other"), None);
    }
}
