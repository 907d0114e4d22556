"""What the simulated QuickBooks must do, clause by clause, and the tests that prove it. A lost proof fails."""

from tests.support.checklist import Checklist, faults_of

FOLDER = "contract/quickbooks"
CHECKLIST: Checklist = {
    "1. OAuth": {
        "both discovery documents": ("test_oauth::test_discovery_names_every_endpoint_at_this_origin",),
        "a consent page that gives back code, state and realmId": (
            "test_oauth::test_a_consent_comes_back_with_code_state_and_realm",
            "test_oauth::test_a_refusal_comes_back_as_access_denied",
            "test_oauth::test_a_form_without_the_proof_of_our_page_does_nothing",
        ),
        "a code works once": ("test_oauth::test_a_code_works_once_and_a_second_use_ends_the_grant",),
        "a program proves itself by header or in the form": (
            "test_oauth::test_a_consent_comes_back_with_code_state_and_realm",
            "test_oauth::test_client_id_and_secret_may_stand_in_the_form",
            "test_oauth::test_a_wrong_secret_is_an_invalid_client",
        ),
        "the lifetime of the refresh token is told": (
            "test_oauth::test_a_consent_comes_back_with_code_state_and_realm",
            "test_oauth::test_a_grant_left_alone_for_its_lifetime_dies",
        ),
        "its hard end is told on request": (
            "test_oauth::test_the_hard_expiry_is_told_to_those_who_ask",
            "test_oauth::test_a_grant_dies_after_five_years_whatever_is_done",
        ),
        "it rotates daily on a clock that tests move, and the old value dies": (
            "test_oauth::test_a_refresh_token_keeps_its_value_for_a_day_and_then_the_old_one_dies",
            "unit/sandbox/test_control::test_the_clock_is_moved_and_set",
        ),
        "a program revokes": (
            "test_oauth::test_revoking_ends_the_whole_grant",
            "test_oauth::test_a_program_cannot_revoke_the_grant_of_another",
        ),
        "a person disconnects inside and lands on the program's page": (
            "test_oauth::test_a_disconnect_from_inside_kills_the_tokens_and_sends_the_browser_away",
        ),
        "the body of invalid_grant": ("test_oauth::test_token_requests_that_make_no_sense_are_refused",),
    },
    "2. The wire": {
        "JSON for those who accept it": (
            "test_faults::test_a_fault_carries_its_trace_and_nothing_else_of_the_platforms_headers",
        ),
        "XML faults for those who do not": (
            "test_faults::test_faults_without_accept_are_xml_with_their_attributes",
            "test_gateway::test_without_accept_faults_come_in_xml_and_nothing_is_written",
        ),
        "every answer has a trace": ("test_gateway::test_every_answer_carries_its_trace",),
        "times have the company's offset": (
            "test_gateway::test_every_answer_carries_its_trace",
            "test_companies::test_clocks_change_on_the_days_of_each_country",
        ),
        "figures keep their scale": ("test_documents::test_figures_keep_the_servers_own_scale",),
    },
    "3. Refusals": {
        "2010 for unknown fields": ("test_gateway::test_an_unknown_field_is_refused_and_names_the_known_ones",),
        "2020 for missing ones": ("test_gateway::test_bodies_that_break_a_rule_are_refused_with_their_code",),
        "2050 for lengths": (
            "test_gateway::test_bodies_that_break_a_rule_are_refused_with_their_code",
            "test_lists::test_customers_that_break_a_rule_are_refused",
        ),
        "2500 and 610 for references": (
            "test_faults::test_a_reference_to_nothing_names_the_list",
            "test_faults::test_what_is_gone_is_told_from_what_never_was",
            "test_lists::test_an_inactive_reference_is_refused",
        ),
        "6240 across customers, vendors and employees": (
            "test_lists::test_a_name_is_unique_across_customers_and_vendors",
            "test_plain_lists::test_an_employee_comes_back_as_documented",
            "test_plain_lists::test_lists_refuse_what_breaks_their_rules",
        ),
        "6140 as the preferences say": (
            "test_documents::test_a_number_of_a_bill_is_used_once_unless_that_is_allowed",
            "test_people::test_numbers_of_sales_forms_are_given_by_hand_and_only_once",
        ),
        "5010 with the name of who was faster": ("test_faults::test_a_stale_update_names_who_was_faster",),
        "6210 or 6200 before the closing date": (
            "test_faults::test_closed_books_are_refused_in_the_documented_words",
            "test_documents::test_closed_books_refuse_every_change",
        ),
        "6190 once the subscription ended": (
            "test_faults::test_an_ended_subscription_lets_people_read_and_nothing_else",
        ),
        "5030 for what the plan lacks": (
            "test_faults::test_what_a_plan_or_a_person_lacks_can_be_neither_read_nor_written",
        ),
        "6540 for money that is in the bank": (
            "test_deposits::test_a_deposited_payment_shows_its_deposit_and_cannot_be_changed",
        ),
        "the texts of 4000 and 4001": (
            "test_queries::test_statements_that_are_wrong_say_where",
            "test_queries::test_a_statement_that_does_not_parse_says_at_which_line_and_column",
        ),
        "an unknown route is a 400 with code 500": (
            "test_gateway::test_a_route_that_does_not_exist_is_a_400_with_code_500",
        ),
        "2030 without a time": ("test_gateway::test_an_id_that_is_no_number_is_refused_without_a_time",),
        "401 in the gateway's dialect": (
            "test_faults::test_the_gateway_says_no_in_its_own_dialect_and_in_xml",
            "test_oauth::test_an_access_token_lives_an_hour",
        ),
        "403 with 3100 for another company": ("test_oauth::test_a_token_is_for_one_company_only",),
        "429": (
            "test_faults::test_too_many_calls_are_refused_in_both_forms",
            "test_gateway::test_limits_hold_once_they_are_switched_on",
        ),
    },
    "4. Versions and lists": {
        "an update that changes nothing moves nothing": (
            "test_lists::test_an_update_that_changes_nothing_leaves_token_and_time_alone",
            "test_changes::test_an_update_that_changes_nothing_is_no_change",
        ),
        "a payment moves the token of what it pays": (
            "test_documents::test_a_payment_settles_an_invoice_and_moves_its_token",
            "test_documents::test_a_bill_shows_its_payment_as_a_check_whatever_paid_it",
        ),
        "a balance moves the time of its party and not its token": (
            "test_documents::test_a_balance_moves_the_time_of_its_party_and_not_its_token",
        ),
        "an old token is refused by every operation": ("test_documents::test_an_old_token_is_stale",),
        "what LastUpdatedTime follows": (
            "test_changes::test_a_payment_moves_the_invoice_and_a_balance_only_the_time_of_its_party",
        ),
        "the default order": (
            "test_recordings::test_vendors_come_in_the_recorded_order",
            "test_queries::test_times_select_and_sort_with_any_offset",
            "test_plain_lists::test_lists_come_in_the_order_of_their_names_whatever_their_case",
        ),
        "nothing found is an empty object": ("test_queries::test_past_the_end_and_without_rows_the_answer_is_empty",),
        "only some kinds are counted on a page": (
            "test_queries::test_only_invoices_and_bills_are_counted_on_their_pages",
        ),
    },
    "5. What is computed": {
        "Balance": ("test_documents::test_a_payment_settles_an_invoice_and_moves_its_token",),
        "UnappliedAmt": (
            "test_documents::test_a_paid_invoice_goes_only_where_a_rule_un_applies_its_payments",
            "test_links::test_a_journal_entry_that_credits_is_used_like_a_credit_memo",
        ),
        "RemainingCredit": ("test_documents::test_a_credit_is_linked_to_a_charge_by_a_payment_without_money",),
        "balances of parties, with what is below them": (
            "test_documents::test_a_balance_moves_the_time_of_its_party_and_not_its_token",
            "test_lists::test_a_parent_carries_the_balances_below_it",
        ),
        "balances of accounts": ("test_lists::test_an_account_shows_its_balance_on_its_natural_side",),
        "the line of the subtotal": ("test_documents::test_the_smallest_invoice_comes_back_as_recorded",),
        "defaults: tax code, due date, addresses": (
            "test_documents::test_the_smallest_invoice_comes_back_as_recorded",
            "test_documents::test_a_bill_books_its_expense_and_is_due_at_once_without_terms",
            "test_plain_lists::test_a_term_of_our_own_says_when_an_invoice_is_due",
        ),
        "defaults: where money is deposited": (
            "test_documents::test_a_payment_settles_an_invoice_and_moves_its_token",
            "test_receipts::test_a_receipt_puts_its_money_into_undeposited_funds",
        ),
        "the sequence of numbers": (
            "test_documents::test_invoices_and_credit_memos_share_one_sequence_of_numbers",
            "test_documents::test_with_custom_numbers_an_omitted_number_stays_empty",
        ),
        "FullyQualifiedName": (
            "test_lists::test_the_same_name_may_stand_under_a_parent",
            "test_lists::test_renaming_a_parent_renames_its_children_and_what_refers_to_it",
        ),
    },
    "6. Settling": {
        "payments and what they pay show each other": (
            "test_documents::test_a_payment_settles_an_invoice_and_moves_its_token",
            "test_documents::test_the_lines_of_a_payment_are_the_whole_set",
        ),
        "credits are allocated, by payments without money": (
            "test_documents::test_a_credit_is_linked_to_a_charge_by_a_payment_without_money",
            "test_links::test_a_check_over_nothing_needs_no_bank",
        ),
        "a bill shows BillPaymentCheck whatever paid it": (
            "test_documents::test_a_bill_shows_its_payment_as_a_check_whatever_paid_it",
        ),
        "nothing settles what it may not": ("test_documents::test_a_payment_cannot_settle_what_it_may_not",),
        "what a void does": (
            "test_documents::test_a_void_leaves_number_and_note_and_nothing_else",
            "test_documents::test_a_payment_is_voided_by_an_update_that_includes_void",
        ),
        "what a deletion does": (
            "test_documents::test_a_deleted_document_is_gone_from_everything",
            "test_documents::test_a_paid_invoice_goes_only_where_a_rule_un_applies_its_payments",
        ),
    },
    "7. Tax": {
        "chosen by hand in the United States": (
            "test_documents::test_tax_is_summed_per_rate_and_rounded_once",
            "test_documents::test_a_taxable_line_without_a_code_on_the_document_carries_no_tax",
        ),
        "set by the engine in the United States": (
            "test_automated_tax::test_the_place_where_the_goods_go_decides",
            "test_automated_tax::test_a_total_that_is_stated_is_honoured_and_spread_over_the_engines_rates",
        ),
        "codes in the United Kingdom, Canada and Australia, rounded once per rate": (
            "test_books::test_tax_on_top_is_rounded_once_per_rate",
            "test_companies::test_canadian_taxes_stand_side_by_side",
            "test_companies::test_australian_tax_is_within_or_on_top_of_prices",
            "test_tax_arithmetic::test_every_rate_is_rounded_once_on_the_sum_of_its_nets",
        ),
        "within the price": (
            "test_books::test_tax_within_leaves_the_gross_alone",
            "test_tax_arithmetic::test_inclusive_tax_never_loses_a_cent",
        ),
        "an override names every rate of the code": (
            "test_books::test_stated_tax_lines_need_every_rate_of_the_codes",
            "test_companies::test_stated_tax_needs_every_rate_of_the_codes_the_ones_of_nothing_too",
        ),
    },
    "8. Currencies": {
        "a control account for each": (
            "test_currencies::test_a_currency_brings_its_control_account_when_it_is_first_needed",
            "test_reports::test_ageing_agrees_with_the_control_accounts_in_every_currency",
        ),
        "gains and losses": ("test_currencies::test_a_payment_at_another_rate_gains_or_loses",),
        "a party keeps its own": (
            "test_currencies::test_the_currency_of_a_party_stays",
            "test_currencies::test_a_document_is_in_its_partys_currency_or_its_own",
        ),
    },
    "9. Beside the books": {
        "changes with deletions": ("test_changes::test_changes_hold_whole_objects_and_deletions",),
        "for thirty days": ("test_changes::test_deletions_are_forgotten_after_thirty_days",),
        "a thousand objects at most": ("test_changes::test_an_answer_of_changes_stops_at_a_thousand_objects",),
        "batches": (
            "test_batch::test_every_item_is_answered_in_its_place_whatever_became_of_the_others",
            "test_batch::test_a_batch_that_is_none_is_refused_whole",
        ),
        "a repeated requestid gets the first answer": (
            "test_gateway::test_a_repeated_request_id_gets_the_first_answer_and_does_nothing",
        ),
        "an upload's fault comes under status 200": (
            "test_attachments::test_a_file_that_is_refused_has_its_fault_under_status_200",
        ),
        "an address to download from ends": (
            "test_attachments::test_an_address_opens_the_file_for_fifteen_minutes_and_not_when_it_is_changed",
        ),
    },
    "10. Webhooks and the meter": {
        "both formats": (
            "test_webhooks::test_a_write_is_told_as_a_cloud_event",
            "test_webhooks::test_the_older_format_is_grouped_by_company",
        ),
        "signed": (
            "test_webhooks::test_a_write_is_told_as_a_cloud_event",
            "test_webhooks::test_the_published_signatures_come_out",
        ),
        "the ladder of attempts": (
            "test_webhooks::test_a_notification_is_tried_again_on_the_ladder_with_the_same_bytes",
            "test_webhooks::test_later_events_wait_until_the_first_are_taken",
        ),
        "twice, and in another order": (
            "test_webhooks::test_a_notification_can_fail_on_the_way",
            "test_webhooks::test_a_later_notification_overtakes_a_reordered_one",
        ),
        "several companies in one": (
            "test_webhooks::test_one_notification_may_hold_events_of_several_companies",
            "test_webhooks::test_the_older_format_is_grouped_by_company",
        ),
        "reads are metered and blocked for the rest of the month": (
            "test_gateway::test_reads_are_metered_and_writes_are_free",
            "test_batch::test_a_batch_costs_as_much_as_reading",
        ),
    },
    "11. Statements from the ledger": {
        "trial balance": (
            "test_books::test_the_trial_balance_comes_from_the_journal_and_balances",
            "test_reports::test_on_every_day_of_a_long_history_the_reports_agree",
        ),
        "ageing": (
            "test_reports::test_ageing_sums_what_is_open_by_how_late_it_is",
            "test_reports::test_ageing_agrees_with_the_control_accounts_in_every_currency",
        ),
        "profit and loss": (
            "test_reports::test_profit_and_loss_by_month_adds_up_to_its_total",
            "test_reports::test_a_balance_sheet_balances_and_says_what_the_year_earned",
        ),
    },
    "12. People at work": {
        "edit": ("test_people::test_somebody_changes_a_document",),
        "pay and deposit": ("test_people::test_somebody_pays_in_parts_and_takes_the_money_to_the_bank",),
        "close the books": ("test_people::test_closed_books_are_opened_again",),
        "disconnect": ("test_oauth::test_a_disconnect_from_inside_kills_the_tokens_and_sends_the_browser_away",),
        "merge": (
            "test_people::test_two_customers_become_one",
            "test_people::test_a_vendor_can_be_merged_with_its_bills",
        ),
        "make inactive": ("test_people::test_somebody_renames_and_puts_away_and_takes_back",),
    },
    "13. Faults": {
        "the answer is lost after the work": ("test_gateway::test_a_dropped_answer_is_found_again_by_its_request_id",),
        "500 before or after the work": (
            "test_gateway::test_a_failure_before_commit_leaves_nothing_and_one_after_leaves_the_work",
        ),
        "slow": ("test_faults::test_a_slow_answer_comes_late_and_whole",),
        "429": ("test_gateway::test_a_throttled_call_is_answered_as_recorded",),
        "a token expires in the middle": (
            "test_faults::test_a_token_that_expires_in_the_middle_of_a_run_is_renewed_by_refreshing",
        ),
    },
}


def test_every_clause_has_its_proofs() -> None:
    assert faults_of(CHECKLIST, FOLDER) == []


def test_a_proof_that_is_gone_is_noticed() -> None:
    gone = {"1": {"a": ("test_oauth::test_nothing",), "b": (), "c": ("test_elsewhere::test_nothing",)}}
    assert len(faults_of(gone, FOLDER)) == 3
