"""What the simulated Xero must do, clause by clause, and the tests that prove it. A lost proof fails."""

from tests.support.checklist import Checklist, faults_of

FOLDER = "contract/xero"
CHECKLIST: Checklist = {
    "Identity": {
        "a page to choose organisations, and to refuse": (
            "test_identity::test_a_person_connects_two_organisations_and_the_program_gets_a_token_pair",
            "test_identity::test_a_person_sees_only_their_own_organisations",
            "test_identity::test_a_person_who_refuses_is_sent_back_with_an_error_and_the_state",
        ),
        "a verifier is checked": ("test_identity::test_a_code_needs_its_verifier_its_address_and_its_program",),
        "a code works once, for five minutes": ("test_identity::test_a_code_works_once_and_for_five_minutes",),
        "a program proves itself by header or in the body": (
            "test_identity::test_a_program_proves_itself_by_header_or_in_the_body",
        ),
        "signed tokens, keys and discovery": ("test_identity::test_tokens_are_signed_by_the_published_key",),
        "refresh tokens rotate": (
            "test_identity::test_every_refresh_rotates_the_token_and_a_lost_answer_may_be_asked_again",
        ),
        "the old one has a grace of thirty minutes": (
            "test_identity::test_the_grace_ends_after_thirty_minutes",
            "test_identity::test_the_grace_ends_when_the_newer_token_is_used",
        ),
        "and dies after sixty days": ("test_identity::test_a_refresh_token_dies_after_sixty_days_unused",),
        "revocation takes the connections": (
            "test_identity::test_revocation_takes_all_connections_of_the_user_and_program",
        ),
        "apps with granular and with broad scopes": (
            "test_scopes::test_a_reading_scope_opens_its_addresses_and_no_other",
            "test_scopes::test_a_broad_scope_of_an_older_app_opens_what_it_covers",
            "test_identity::test_what_a_program_may_not_ask_is_sent_back_as_an_error",
        ),
        "401 insufficent_scope": ("test_gateway::test_every_endpoint_asks_for_its_scope",),
        "consent adds scopes": ("test_identity::test_consent_adds_scopes_and_bumps_the_connection",),
    },
    "Connections": {
        "filtered by the event of a consent": (
            "test_identity::test_the_list_of_connections_is_filtered_by_the_event_of_one_consent",
        ),
        "DELETE answers 204, then 404": ("test_identity::test_a_removed_connection_closes_its_organisation_only",),
        "a person disconnects inside": (
            "test_identity::test_a_person_disconnects_inside_xero_and_nobody_is_told",
            "test_people::test_an_app_is_disconnected_without_a_word",
        ),
    },
    "The wire": {
        "JSON, and a loud no to XML": (
            "test_gateway::test_an_answer_has_the_recorded_envelope_and_headers",
            "test_gateway::test_xml_is_refused_loudly",
            "test_gateway::test_a_body_that_is_not_json_is_refused_loudly",
        ),
        "the tenant's header": ("test_gateway::test_an_unknown_tenant_is_forbidden_with_the_recorded_body",),
        "paths and parameters in any case": ("test_gateway::test_paths_and_parameters_match_in_any_case",),
        "pages": (
            "test_reading::test_a_list_without_page_has_every_document_and_no_line",
            "test_reading::test_a_page_has_lines_and_says_how_many_there_are",
            "test_reading::test_a_page_past_the_end_is_empty_and_still_counts",
            "test_reading::test_a_page_size_out_of_range_is_clamped",
            "test_reading::test_statuses_and_summary_page_without_being_asked_to",
            "test_reading::test_accounts_ignore_paging_and_archived_ones_are_listed",
        ),
        "where": (
            "test_reading::test_a_filter_selects",
            "test_reading::test_a_filter_by_guid_and_by_lists_of_ids",
            "test_reading::test_a_filter_that_does_not_parse_is_refused_loudly",
        ),
        "order": (
            "test_reading::test_an_order_is_kept_and_ids_break_ties",
            "test_reading::test_an_order_that_does_not_parse_is_refused",
        ),
        "If-Modified-Since": (
            "test_reading::test_only_what_changed_since_a_second_is_listed",
            "test_reading::test_a_malformed_since_is_ignored",
        ),
        "lists and single records differ": (
            "test_shapes::test_a_list_looks_as_recorded",
            "test_shapes::test_a_single_record_looks_as_recorded",
            "test_reading::test_a_single_document_has_its_whole_contact",
        ),
        "PUT creates, POST also updates": (
            "test_contacts::test_post_finds_by_id_then_number_then_name",
            "test_contacts::test_a_second_active_contact_of_the_same_name_is_refused_in_any_case",
            "test_invoices::test_post_updates_by_id_in_the_body_in_the_address_and_by_number",
            "test_contacts::test_by_default_the_good_ones_are_written_and_only_the_bad_ones_told",
        ),
        "a repeated key, also of a refusal, for six minutes": (
            "test_gateway::test_a_repeated_key_creates_one_contact",
            "test_gateway::test_a_key_is_new_again_after_six_minutes",
            "test_gateway::test_a_refusal_is_remembered_too",
            "test_faults::test_a_500_before_commit_is_remembered_under_its_key",
        ),
        "a key of another request is a 400": (
            "test_gateway::test_a_key_of_another_request_is_refused",
            "test_idempotency::test_the_same_key_with_another_query_is_another_request",
        ),
        "four limits with their headers": (
            "test_limits::test_a_limit_of_a_tenant_says_how_long_to_wait_and_nothing_of_the_app",
            "test_limits::test_the_limit_of_the_app_counts_all_its_tenants",
            "test_limits::test_too_many_calls_at_once_say_nothing_of_waiting",
            "test_limits::test_every_answer_of_a_tenant_tells_what_is_left",
        ),
        "404 is empty and says html": (
            "test_gateway::test_what_does_not_exist_is_an_empty_page_that_calls_itself_html",
        ),
        "429 is empty": ("test_gateway::test_sixty_calls_a_minute_then_a_429_without_a_body",),
        "503 is text": ("test_gateway::test_a_fault_speaks_xeros_language",),
        "broken JSON refuses the request": ("test_gateway::test_broken_json_refuses_the_whole_request",),
    },
    "The books": {
        "a status leads only where it may": (
            "test_invoices::test_a_status_leads_only_where_it_may",
            "test_payments::test_the_last_payment_makes_it_paid_and_its_deletion_opens_it_again",
        ),
        "arithmetic": (
            "test_books::test_every_line_is_rounded_half_up_and_the_totals_are_sums",
            "test_books::test_the_documented_example_rounds_line_by_line",
            "test_books::test_a_tax_amount_that_is_sent_is_kept",
            "test_reading::test_unit_prices_have_two_places_unless_asked_for_four",
        ),
        "the sequence of numbers": (
            "test_invoices::test_numbers_go_on_after_those_that_are_taken",
            "test_invoices::test_a_bill_number_is_the_suppliers_and_may_repeat",
        ),
        "the account's own TaxType": ("test_invoices::test_an_authorised_sale_posts_debtors_income_and_tax",),
        "lock dates": (
            "test_invoices::test_a_locked_period_lets_nothing_in_or_out",
            "test_organisations::test_the_locks_of_a_year_and_of_a_period_both_hold",
        ),
        "what is archived": (
            "test_contacts::test_an_archived_contact_cannot_be_edited_and_frees_its_name",
            "test_invoices::test_an_archived_contact_or_account_blocks_a_new_document",
            "test_reading::test_archived_contacts_are_listed_only_on_request",
        ),
        "what is unique": (
            "test_contacts::test_a_second_active_contact_of_the_same_name_is_refused_in_any_case",
            "test_invoices::test_a_sale_that_breaks_a_rule_is_refused",
            "test_settings::test_an_account_that_breaks_a_rule_is_refused",
        ),
        "allocations": (
            "test_payments::test_a_credit_note_is_set_against_a_sale_and_taken_off_again",
            "test_overpayments::test_an_overpayment_pays_an_invoice_and_comes_back",
        ),
        "payments": (
            "test_payments::test_a_payment_embeds_the_refreshed_invoice",
            "test_payments::test_a_payment_that_breaks_a_rule_is_refused",
            "test_payments::test_a_payment_changes_in_nothing_but_its_deletion",
        ),
        "ten files of ten megabytes": (
            "test_attachments::test_a_record_has_ten_files_at_most",
            "test_attachments::test_twenty_five_megabytes_pass_when_a_rule_says_so",
        ),
        "history": ("test_attachments::test_a_note_is_kept_in_the_history_of_a_record",),
        "trial balance from the ledger": ("test_books::test_the_trial_balance_agrees_with_the_open_documents",),
        "balance sheet from the ledger": (
            "test_reports::test_a_balance_sheet_balances_and_compares_with_the_year_before",
            "test_reports::test_the_profit_of_the_year_is_the_earnings_of_the_balance_sheet",
        ),
        "aged reports from the ledger": (
            "test_reports::test_aged_receivables_list_a_contacts_documents_and_what_is_due",
            "test_reports::test_aged_payables_agree_with_the_contacts_balance",
        ),
        "Actions": ("test_reading::test_the_organisation_tells_what_apps_may_do",),
    },
    "Webhooks": {
        "the intent to receive": (
            "test_webhooks::test_a_receiver_that_checks_signatures_is_accepted",
            "test_webhooks::test_a_receiver_that_takes_everything_is_not_accepted_and_told_nothing",
            "test_webhooks::test_the_intent_to_receive_is_answered_with_nothing_but_a_status",
        ),
        "signed": ("test_webhooks::test_a_contact_is_told_with_its_address_and_a_moment_without_zone",),
        "tried again, then disabled": (
            "test_webhooks::test_a_notification_is_tried_for_a_day_and_then_the_webhook_is_disabled",
        ),
        "several organisations in one": (
            "test_webhooks::test_one_notification_may_hold_events_of_several_organisations",
        ),
        "credit notes tell type and status": ("test_webhooks::test_a_credit_note_is_told_with_its_type_and_status",),
    },
    "Faults": {
        "the answer is lost after the work": (
            "test_gateway::test_an_answer_lost_after_the_work_was_done_is_found_by_its_key",
        ),
        "503, the organisation is offline": ("test_gateway::test_a_fault_speaks_xeros_language",),
        "slow": (
            "test_gateway::test_more_than_five_calls_at_once_are_refused_without_a_time_to_wait",
            "unit/sandbox/test_faults::test_a_delayed_answer_arrives",
        ),
        "another clock than the caller's": ("test_faults::test_the_clock_of_the_platform_may_be_ahead_of_the_callers",),
        "the answer to a refresh is lost": (
            "test_faults::test_new_tokens_can_be_lost_on_the_way_and_the_old_one_tried_again",
        ),
        "two refreshes at once": ("test_scopes::test_two_refreshes_at_once_give_two_pairs_that_both_work",),
        "the limit of the day": (
            "test_gateway::test_the_day_has_a_thousand_calls",
            "test_faults::test_each_limit_is_told_in_its_headers",
        ),
        "people merge": (
            "test_books::test_merging_moves_documents_and_archives_the_source",
            "test_people::test_a_merge_moves_money_too",
        ),
        "people archive": (
            "test_people::test_an_archived_account_is_refused_until_it_is_restored",
            "test_invoices::test_an_archived_contact_or_account_blocks_a_new_document",
        ),
        "people void": ("test_people::test_a_draft_is_deleted_and_what_was_approved_only_voided",),
        "people lock": (
            "test_people::test_a_year_is_locked_for_everybody",
            "test_invoices::test_a_locked_period_lets_nothing_in_or_out",
        ),
        "what moves UpdatedDateUTC and what does not": (
            "test_people::test_a_document_is_edited_and_the_app_sees_when",
            "test_people::test_a_new_due_date_or_a_sent_mail_leaves_the_date_of_a_partly_paid_document",
            "test_people::test_balances_of_a_contact_change_without_its_date",
            "test_invoices::test_a_due_date_alone_does_not_bump_a_partly_paid_sale",
        ),
    },
    "The clock": {
        "tests move it": (
            "test_identity::test_the_grace_ends_after_thirty_minutes",
            "unit/sandbox/test_control::test_the_clock_is_moved_and_set",
        ),
    },
}


def test_every_clause_has_its_proofs() -> None:
    assert faults_of(CHECKLIST, FOLDER) == []
