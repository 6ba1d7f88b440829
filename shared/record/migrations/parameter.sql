CREATE TABLE parameter (
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
    "identifier" TEXT,
    "division" TEXT,
    "qualifier" TEXT,
    "starts_on" TEXT,
    "ends_on" TEXT,
    "value" TEXT,
    "source_text" TEXT,
    "confidence" BIGINT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX parameter_area ON parameter ("area", "id");
CREATE INDEX parameter_scope_area ON parameter ("scope_area", "id");
CREATE INDEX parameter_identifier ON parameter ("identifier", "id");
