CREATE TABLE partner_pairing (
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
    "kind" BIGINT,
    "our_party" TEXT,
    "partner_party" TEXT,
    "starts_on" TEXT,
    "ends_on" TEXT,
    "note" TEXT,
    PRIMARY KEY (id, version, valid_from)
);
CREATE INDEX partner_pairing_area ON partner_pairing ("area", "id");
CREATE INDEX partner_pairing_scope_area ON partner_pairing ("scope_area", "id");
CREATE INDEX partner_pairing_our_party ON partner_pairing ("our_party", "id");
