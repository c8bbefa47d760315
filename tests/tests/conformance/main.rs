//! What must hold whatever the engine: every body here runs on SQLite and on a real PostgreSQL, each in a
//! database of its own, and after each the ledger balances and the stock is the sum of its moves.
//!
//! `CONFORMANCE=word` runs the bodies whose name contains the word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod accounts;
mod also_bought;
mod cards;
mod certificates;
mod certificates_beside;
mod certificates_screened;
mod counter;
mod covers;
mod days;
mod desk;
mod display;
mod engine;
mod hosted;
mod life;
mod merged;
mod merged_reviews;
mod office;
mod parcels;
mod place;
mod provider;
mod reconcile;
mod records;
mod reviews;
mod rules;
mod screening;
mod trouble;

use std::{future::Future, pin::Pin, time::Instant};

use counter::Counter;
use desk::{corrections, dropped, jobs, rejects, workers};
use reconcile::{damage, disputes, fetching, month, payouts, transfers};
use storage::Store;
use tests::engines::Engine;

/// The database of which each body has a copy: tables, and nothing in them.
const TABLES: &str = "tables";

type Body = fn(Counter) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! bodies {
    ($($module:ident :: $name:ident),+ $(,)?) => {
        &[$((stringify!($name), |counter| Box::pin($module::$name(counter)))),+]
    };
}

const BODIES: &[(&str, Body)] = bodies![
    engine::every_statement_prepares,
    engine::migrations_run_once,
    engine::an_outbox_entry_is_leased_by_one_worker_and_again_after_its_lease,
    engine::the_last_line_of_defence_holds,
    engine::a_statement_that_the_server_cancels_is_not_tried_again,
    place::a_cart_holds_what_can_be_bought,
    place::carts_merge,
    place::an_order_is_what_was_shown,
    place::a_repeat_finds_its_order,
    place::ten_posts_of_one_form_are_one_order,
    place::another_request_under_the_same_key_is_refused,
    place::a_refused_order_leaves_nothing,
    place::a_changed_price_is_told_and_nothing_placed,
    place::what_is_not_sold_is_not_placed,
    place::sixty_four_buyers_ten_copies,
    place::buyers_of_the_same_titles_in_any_order_do_not_block_each_other,
    place::an_unpaid_order_gives_way_to_the_next_from_its_cart,
    place::what_is_not_counted_is_ordered_from_the_supplier,
    life::placed_paid_shipped_refunded,
    life::placed_paid_cancelled,
    life::a_declined_card_leaves_the_order_waiting,
    life::six_cards_and_no_more,
    life::a_receipt_shown_again_asks_nothing_again,
    life::a_receipt_for_something_else_is_refused,
    life::what_is_not_paid_in_time_goes_back,
    life::only_what_makes_sense_can_be_done,
    cards::every_outcome_gives_its_card_up,
    cards::an_order_is_shipped_and_refunded_after_its_card_is_gone,
    cards::a_sealed_vault_is_asked_again_until_it_has_forgotten,
    cards::what_a_worker_left_when_it_died_is_asked_again,
    cards::a_card_that_comes_too_late_is_given_up_at_once,
    cards::who_pays_again_gives_a_card_again,
    cards::cards_of_before_are_forgotten_too,
    certificates::sixty_four_orders_one_certificate,
    certificates::a_certificate_and_a_card_pay_together,
    certificates::certificates_pay_the_whole,
    certificates::what_is_not_bought_is_not_spent,
    certificates::who_may_not_spend_it,
    certificates_screened::a_certificate_that_pays_the_whole_is_screened,
    certificates_screened::a_held_order_waits_and_a_refused_one_gives_its_certificate_back,
    certificates_screened::what_is_refused_is_not_spent,
    certificates_screened::the_code_comes_before_the_certificate,
    certificates_beside::what_was_paid_for_the_old_amount_is_lifted,
    certificates_beside::a_page_for_the_old_amount_is_closed,
    certificates_beside::a_certificate_for_the_whole_and_a_page_pay_once,
    certificates_beside::whoever_comes_first_nothing_is_taken_twice,
    certificates_beside::a_transfer_of_the_old_amount_is_kept_for_the_reader,
    certificates_beside::a_card_given_for_the_old_amount_is_not_asked_about,
    parcels::an_order_leaves_in_parcels,
    parcels::the_rest_is_called_off,
    parcels::money_goes_back_in_parts,
    parcels::a_parcel_that_the_bank_refuses_waits_again,
    parcels::a_transfer_pays_when_it_arrives,
    parcels::what_was_transferred_for_nothing_goes_back,
    parcels::it_is_paid_when_it_is_collected,
    parcels::nobody_came_for_it,
    parcels::a_reader_changes_her_mind_about_the_means,
    parcels::whatever_is_done_the_ledger_keeps_what_left,
    trouble::a_silent_bank_gives_the_copies_back_and_tells_the_reader,
    trouble::an_unreachable_zone_charges_nothing,
    trouble::a_lost_answer_is_looked_up,
    trouble::a_question_that_never_arrived_is_given_up,
    trouble::a_hold_does_not_expire_under_a_payment,
    trouble::a_sleeping_bank_is_asked_again_under_the_same_ids,
    trouble::the_sweep_and_the_bank_never_both_win,
    trouble::a_closed_door_is_tried_once,
    trouble::a_refused_capture_leaves_the_order_to_ship,
    trouble::a_refused_reversal_can_be_asked_again,
    trouble::two_booksellers_ship_once,
    provider::paid_at_the_provider_shipped_and_refunded,
    provider::one_page_until_it_closes_and_then_another,
    provider::a_reader_who_pays_in_the_last_second_has_her_books,
    provider::what_was_paid_too_late_is_lifted_until_the_provider_confirms,
    provider::a_page_that_was_left_for_another_means_pays_nothing,
    provider::a_card_page_left_open_does_not_pay_beside_the_provider,
    provider::events_are_heard_once_whenever_they_come,
    provider::an_event_that_comes_while_the_provider_sleeps_is_not_lost,
    provider::a_return_an_event_and_the_sweep_at_once_pay_once,
    provider::a_page_whose_answer_was_lost_is_asked_for_again_as_it_was,
    provider::two_tabs_and_a_change_of_mind_leave_no_page_open,
    provider::a_page_that_closes_unpaid_leaves_the_order_to_its_hold,
    provider::what_the_provider_will_not_give_up_is_left_to_a_bookseller,
    provider::a_silent_provider_holds_up_no_card,
    office::orders_are_listed_found_and_counted,
    office::figures_of_the_first_page,
    office::searches_are_counted,
    office::a_delivery_of_many_titles_is_counted_at_once,
    office::who_guesses_must_wait,
    office::who_enters_is_written_down,
    office::a_session_ends,
    accounts::the_command_makes_the_first_account,
    accounts::a_given_password_is_for_one_entry_and_for_a_while,
    accounts::who_changes_her_password_shows_the_one_before,
    accounts::sessions_are_listed_and_ended_by_whose_they_are,
    accounts::one_session_too_many_ends_the_one_unused_for_longest,
    accounts::a_second_factor_is_shown_at_each_entry_and_no_code_twice,
    accounts::a_given_password_takes_no_second_factor_away,
    accounts::who_guesses_codes_must_wait,
    accounts::a_recovery_code_lets_in_once,
    accounts::a_second_factor_is_set_up_by_password_and_code_and_taken_away,
    days::o12_prices_and_embargoes_turn_with_the_day,
    days::o12_a_node_whose_clock_is_ahead_turns_nothing,
    days::o12_a_parcel_waits_for_its_day,
    days::o12_what_must_not_be_shown_is_not_sold,
    records::senders_are_merged_and_every_step_is_taken_back,
    records::o12_an_embargo_that_was_lost_is_found_again,
    merged::carts_and_copies_follow_a_merged_edition,
    merged::a_line_is_taken_away_only_when_it_was_copied,
    merged::what_follows_begins_at_the_editions_that_were_merged,
    merged::what_was_sold_counts_for_the_edition_it_lives_in_now,
    merged::what_was_bought_together_counts_for_the_edition_it_lives_in_now,
    merged_reviews::reviews_follow_their_edition_and_go_back,
    merged_reviews::a_review_that_waits_takes_the_place_of_none_of_another_edition,
    merged_reviews::the_review_of_the_edition_that_remains_sends_another_home,
    merged_reviews::a_review_is_stamped_when_it_moves_not_when_it_was_to,
    merged_reviews::a_review_is_published_in_the_moment_of_a_merge,
    merged::what_a_bookseller_changes_in_the_moment_of_a_merge_stays,
    jobs::one_of_two_workers_does_a_job,
    jobs::a_paused_import_goes_on_where_it_stood,
    workers::a_worker_that_lost_its_claim_writes_nothing_more,
    workers::a_file_that_no_worker_survives_is_left_after_three_tries,
    workers::a_trial_that_no_worker_survives_is_left_too,
    workers::a_shop_that_closes_is_no_try,
    jobs::a_pause_in_an_archive_loses_nothing_of_its_files,
    jobs::undo_and_redo_at_once_leave_nothing_half_turned,
    workers::files_on_the_disk_of_another_shop_hide_none_that_lie_here,
    workers::a_job_that_cannot_be_read_holds_up_no_other,
    workers::nothing_is_imported_before_what_was_handed_in_earlier,
    workers::rejected_records_hear_a_pause_and_the_end_of_the_shop,
    dropped::a_full_disk_holds_up_one_file_and_leaves_nothing_half,
    dropped::what_cannot_be_laid_aside_holds_up_no_other_file,
    dropped::odd_names_and_foreign_files_hold_up_no_other,
    rejects::a_rejected_record_is_completed_as_if_it_had_been_whole,
    workers::a_database_that_is_away_when_a_job_ends_is_waited_for,
    rejects::what_was_sent_since_is_not_overwritten_by_a_completion,
    rejects::a_record_is_completed_once_however_many_complete_it,
    rejects::no_more_rejected_records_are_kept_than_are_completed_by_hand,
    jobs::a_trial_counts_and_stores_nothing,
    jobs::mappings_and_notes_are_found_again,
    dropped::two_shops_take_a_dropped_file_once,
    dropped::what_is_no_ordinary_file_is_left_where_it_lies,
    corrections::a_correction_outlives_the_next_feed_and_is_taken_back,
    corrections::what_was_decided_about_an_edition_is_listed,
    covers::covers_wait_are_kept_refused_and_taken_back,
    also_bought::few_readers_are_never_shown,
    also_bought::what_was_given_back_does_not_count,
    reviews::a_second_review_replaces_the_first_when_it_is_published_itself,
    reviews::c6_the_mark_is_borne_by_buyers_for_as_long_as_they_are,
    reviews::c6_a_refusal_is_told_with_its_reason_and_written_down,
    reviews::an_address_is_asked_before_anybody_reads_its_review,
    reviews::readers_vote_once_and_reports_reach_the_desk,
    reviews::editorial_reviews_are_added_changed_and_removed,
    display::what_sells_best_is_what_was_paid_and_kept,
    display::picks_are_added_changed_and_removed,
    display::a_table_is_laid_arranged_and_removed,
    rules::a_rule_of_the_search_is_kept_changed_and_removed,
    rules::there_are_only_so_many_boosts,
    screening::an_ordinary_order_goes_on_and_is_decided_once,
    screening::ten_tabs_are_one_decision,
    screening::what_was_seen_before_is_counted_by_card_mailbox_browser_and_network,
    screening::only_orders_whose_money_came_make_a_reader_known,
    screening::an_order_that_waits_for_a_look_makes_nobody_known,
    screening::a_card_that_was_refused_is_not_known_by_the_order_that_another_one_paid,
    screening::a_disputed_order_makes_nobody_known_and_is_counted_until_it_is_won,
    screening::nodes_learn_from_each_other_and_remember_nothing_that_is_gone,
    screening::what_the_bank_declined_and_what_was_paid_long_enough_ago_counts,
    screening::a_refused_order_is_never_asked_for_and_says_so_again,
    screening::an_order_that_waits_for_nothing_is_not_screened,
    screening::a_shop_that_watches_writes_down_and_does_nothing,
    screening::a_held_order_is_paid_but_not_shipped_before_somebody_looked,
    screening::the_right_code_goes_on_and_guessing_is_hopeless,
    screening::a_code_opens_its_own_order_only,
    screening::a_code_counts_once_and_no_longer_than_ten_minutes,
    screening::nobodys_mailbox_is_filled_with_codes,
    screening::rules_are_published_when_they_are_right_and_shadowed_without_effect,
    screening::rules_are_published_after_exactly_these_were_tried,
    screening::rules_that_cannot_be_read_any_more_stay_in_force_and_are_told,
    screening::a_bureau_that_is_silent_or_garbled_refuses_nobody,
    screening::networks_traces_and_decisions_are_forgotten_in_their_time,
    month::a_month_by_all_means_reconciles_to_nothing,
    transfers::what_pays_no_order_lies_in_suspense_until_a_bookseller_places_it,
    transfers::a_transfer_that_comes_too_late_or_twice_is_kept_for_the_reader,
    disputes::a_dispute_is_announced_taken_contested_and_won,
    disputes::a_dispute_about_nothing_known_is_a_break,
    disputes::what_a_bank_took_back_is_not_given_back_too,
    disputes::what_a_dispute_lost_is_never_given_back,
    disputes::what_is_being_given_back_is_not_disputed_too,
    damage::files_that_are_missing_damaged_or_others_are_found,
    damage::lines_and_payments_that_differ_are_found,
    damage::books_that_were_tampered_with_are_found,
    damage::certificates_that_were_tampered_with_are_found,
    damage::refunds_that_no_file_shows_are_found,
    damage::a_bank_account_that_was_booked_wrongly_is_found,
    damage::a_break_opens_once_and_has_an_owner,
    damage::a_night_whose_shop_died_in_it_is_done_again,
    fetching::what_is_there_is_fetched_once_and_compared,
    fetching::who_is_away_is_asked_again_after_a_growing_pause,
    fetching::a_damaged_batch_is_refused_once_and_holds_up_no_other,
    fetching::statements_that_lie_in_a_folder_are_read_and_laid_aside,
    payouts::payouts_of_several_days_come_to_nothing,
    payouts::a_dispute_at_the_provider_is_taken_contested_and_given_back,
    payouts::what_a_payout_has_and_the_shop_has_not_is_found,
    payouts::payouts_and_statements_that_miss_each_other_are_found,
    payouts::a_failed_payout_is_owed_until_it_is_paid_again,
    payouts::a_refund_in_a_payout_before_its_answer_is_no_break,
    payouts::a_shop_that_dies_between_fetching_and_booking_counts_once,
    payouts::payouts_beyond_a_page_and_one_that_cannot_be_read,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    run(&Engine::sqlite().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    if let Some(engine) = Engine::postgres().unwrap() {
        run(&engine).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_catalogues_are_carried_over() {
    let engines = [Some(Engine::sqlite().unwrap()), Engine::postgres().unwrap()];
    for engine in engines.into_iter().flatten() {
        records::carried_over(engine.fresh("old").unwrap()).await;
    }
}

async fn run(engine: &Engine) {
    let wanted = std::env::var("CONFORMANCE").unwrap_or_default();
    let mut failed: Vec<&str> = Vec::new();
    drop(counter::laid_out(&engine.fresh(TABLES).unwrap()).await);
    for (name, body) in BODIES.iter().filter(|(name, _)| name.contains(&wanted)) {
        let begun = Instant::now();
        let database: String = name.chars().take(60).collect();
        let counter = Counter::open(engine.copied(TABLES, &database).unwrap()).await;
        let opened = begun.elapsed();
        let store = counter.store.clone();
        let ended = tokio::spawn(async move {
            body(counter).await;
            still_true(&store).await;
        });
        let passed = ended.await.is_ok();
        let verdict = if passed { "ok    " } else { "FAILED" };
        println!(
            "{verdict}  {name}  {:.1?} after {opened:.1?}",
            begun.elapsed() - opened
        );
        failed.extend((!passed).then_some(*name));
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
}

/// Sold = orders = ledger, whatever happened.
async fn still_true(store: &Store) {
    let disagreeing = store.read(shop::stock::audit).await.unwrap();
    assert!(
        disagreeing.is_empty(),
        "stock is not the sum of its moves: {disagreeing:?}"
    );
    let balance = store.read(shop::ledger::trial_balance).await.unwrap();
    assert!(
        balance.is_balanced(),
        "the ledger does not balance: {balance:?}"
    );
}
