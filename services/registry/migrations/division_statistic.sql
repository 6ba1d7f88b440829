CREATE TABLE division_statistic (
    "id" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    "valid_from" TEXT NOT NULL,
    "valid_to" TEXT NOT NULL,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT NOT NULL,
    "area" TEXT NOT NULL,
    "scope_area" TEXT NOT NULL,
    "recorded_by" TEXT NOT NULL,
    "source_kind" BIGINT,
    "source_form" TEXT,
    "source_digest" TEXT,
    "source_row" BIGINT,
    "source_system" TEXT,
    "source_document_no" TEXT,
    "form_year" BIGINT,
    "change_reason" TEXT,
    "action" BIGINT,
    "division" TEXT,
    "statistic" BIGINT,
    "measured_on" TEXT,
    "value" BIGINT,
    "tolerance" BIGINT,
    "source_text" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX division_statistic_area ON division_statistic ("area", "id");
CREATE INDEX division_statistic_scope_area ON division_statistic ("scope_area", "id");
