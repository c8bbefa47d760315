//! The back office: orders, stock, imports, figures and accounts, for the people who work here.
//!
//! Every page is a table or a form that works without a script; keys are an addition. What somebody may do is
//! decided at the doors in `access`, by the list in [`rooms`], and tested over that list. Nothing here changes
//! anything but by the shop's verbs, under the login of who did it.

mod access;
mod account;
mod bank;
mod browser;
mod certificates;
mod chart;
mod covers;
mod dashboard;
mod edition;
mod editorial;
#[cfg(test)]
pub(crate) mod fixture;
mod form;
mod frame;
mod help;
mod import;
pub(crate) mod import_desk;
#[cfg(test)]
pub(crate) use import::sentence;
mod login;
mod network;
mod order;
mod order_deeds;
mod order_disputes;
mod order_money;
mod orders;
mod picks;
mod reviews;
mod screening;
mod search_rule;
mod search_trial;
mod searches;
mod second_factor;
mod senders;
mod staff;
mod stock;
mod tables;
mod values;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router, middleware};

use shop::staff::Step;

use crate::AppState;
use access::{Body, Door};
use login::Attempts;

/// What the back office remembers between requests, in this process.
#[derive(Clone)]
struct Office {
    attempts: Arc<Attempts>,
}

/// One address of the back office and who may go there.
struct Room {
    path: &'static str,
    door: Door,
    body: Body,
    methods: MethodRouter<AppState>,
}

impl Room {
    fn open(path: &'static str, methods: MethodRouter<AppState>) -> Room {
        Room {
            path,
            door: Door::Open,
            body: Body::Fields,
            methods,
        }
    }

    fn staff(path: &'static str, methods: MethodRouter<AppState>) -> Room {
        Room {
            path,
            door: Door::Staff,
            body: Body::Fields,
            methods,
        }
    }

    /// For whoever is logged in, whatever she owes.
    fn known(path: &'static str, methods: MethodRouter<AppState>) -> Room {
        Room {
            door: Door::Known,
            ..Room::staff(path, methods)
        }
    }

    /// Where a step is taken that may be owed.
    fn owing(step: Step, methods: MethodRouter<AppState>) -> Room {
        Room {
            door: Door::Owing(step),
            ..Room::staff(access::page_of(step), methods)
        }
    }

    /// For staff, where money moves or the bank is seen.
    fn money(path: &'static str, methods: MethodRouter<AppState>) -> Room {
        Room {
            door: Door::Money,
            ..Room::staff(path, methods)
        }
    }

    /// For staff, with a form that carries a file; what it may weigh is counted while it is written.
    fn upload(path: &'static str, methods: MethodRouter<AppState>) -> Room {
        Room {
            body: Body::Upload,
            ..Room::staff(path, methods.layer(DefaultBodyLimit::disable()))
        }
    }

    fn administrator(path: &'static str, methods: MethodRouter<AppState>) -> Room {
        Room {
            path,
            door: Door::Administrator,
            body: Body::Fields,
            methods,
        }
    }
}

/// Every address of the back office.
fn rooms() -> Vec<Room> {
    vec![
        Room::open("/office/login", get(login::page).post(login::enter)),
        Room::known("/office/logout", post(login::leave)),
        Room::owing(
            Step::Code,
            get(second_factor::ask).post(second_factor::show),
        ),
        Room::owing(Step::Password, get(account::password).post(account::change)),
        Room::owing(
            Step::SecondFactor,
            get(second_factor::offer).post(second_factor::set_up),
        ),
        Room::staff(
            "/office/account/second-factor/remove",
            post(second_factor::remove),
        ),
        Room::staff("/office/account", get(account::show)),
        Room::staff("/office/account/sessions/end", post(account::end_others)),
        Room::staff("/office/account/sessions/{id}/end", post(account::end)),
        Room::staff("/office", get(dashboard::show)),
        Room::staff("/office/orders", get(orders::list)),
        Room::staff("/office/orders/{number}", get(order::show)),
        Room::staff("/office/orders/{number}/ship", post(order_deeds::ship)),
        Room::staff("/office/orders/{number}/cancel", post(order_deeds::cancel)),
        Room::money("/office/orders/{number}/refund", post(order_deeds::refund)),
        Room::money(
            "/office/orders/{number}/refund-sent",
            post(order_deeds::refund_sent),
        ),
        Room::money(
            "/office/certificates",
            get(certificates::list).post(certificates::issue),
        ),
        Room::money("/office/certificates/{id}/block", post(certificates::block)),
        Room::money(
            "/office/certificates/{id}/unblock",
            post(certificates::unblock),
        ),
        Room::staff("/office/screening", get(screening::queue)),
        Room::staff("/office/screening/{id}", get(screening::show)),
        Room::staff("/office/screening/{id}/release", post(screening::release)),
        Room::staff("/office/screening/{id}/refuse", post(screening::refuse)),
        Room::staff("/office/screening/rules", get(screening::rules)),
        Room::administrator(
            "/office/screening/draft",
            get(screening::draft)
                .post(screening::send)
                .layer(DefaultBodyLimit::max(trade::limits::FORM_BYTES)),
        ),
        Room::money(
            "/office/orders/{number}/dispute",
            post(order_disputes::open),
        ),
        Room::money(
            "/office/orders/{number}/disputes/{id}/represent",
            post(order_disputes::represent),
        ),
        Room::money(
            "/office/orders/{number}/disputes/{id}/lose",
            post(order_disputes::lose),
        ),
        Room::money("/office/bank", get(bank::show)),
        Room {
            door: Door::Money,
            ..Room::upload("/office/bank/file", post(bank::send))
        },
        Room::money("/office/bank/run", post(bank::run)),
        Room::money("/office/bank/fetch", post(bank::ask_now)),
        Room::money("/office/bank/payouts", get(bank::payouts_list)),
        Room::money("/office/bank/breaks", get(bank::breaks)),
        Room::money(
            "/office/bank/breaks/{id}",
            get(bank::show_break).post(bank::look_after),
        ),
        Room::money("/office/bank/breaks/{id}/close", post(bank::close)),
        Room::money("/office/bank/entries/{id}/give", post(bank::give)),
        Room::money("/office/bank/entries/{id}/send-back", post(bank::send_back)),
        Room::money("/office/bank/entries/{id}/charge", post(bank::charge)),
        Room::money("/office/bank/statements/{id}", get(bank::statement)),
        Room::money("/office/bank/fec", get(bank::fec)),
        Room::money("/office/bank/fec/file", get(bank::download)),
        Room::administrator("/office/network", get(network::show)),
        Room::staff("/office/stock", get(stock::search)),
        Room::staff(
            "/office/stock/{edition}",
            get(stock::show).post(stock::adjust),
        ),
        Room::staff("/office/reviews", get(reviews::list)),
        Room::staff("/office/reviews/{id}", get(reviews::show)),
        Room::staff("/office/reviews/{id}/publish", post(reviews::publish)),
        Room::staff("/office/reviews/{id}/refuse", post(reviews::refuse)),
        Room::staff("/office/reviews/{id}/keep", post(reviews::keep)),
        Room::staff(
            "/office/editorial/{edition}",
            get(editorial::list).post(editorial::add),
        ),
        Room::staff("/office/editorial/{edition}/{id}", post(editorial::change)),
        Room::staff(
            "/office/editorial/{edition}/{id}/remove",
            post(editorial::remove),
        ),
        Room::staff("/office/search", get(searches::show)),
        Room::staff(
            "/office/search/{kind}/{id}",
            get(search_rule::show).post(search_rule::send),
        ),
        Room::staff(
            "/office/search/{kind}/{id}/remove",
            post(search_rule::remove),
        ),
        Room::staff("/office/picks", get(picks::list)),
        Room::staff("/office/picks/{id}", get(picks::show).post(picks::save)),
        Room::staff("/office/picks/{id}/remove", post(picks::remove)),
        Room::staff("/office/tables", get(tables::list)),
        Room::staff("/office/tables/{id}", get(tables::show).post(tables::save)),
        Room::staff("/office/tables/{id}/books", post(tables::arrange)),
        Room::staff("/office/tables/{id}/remove", post(tables::remove)),
        Room::upload("/office/import", get(import::list).post(import::send)),
        Room::staff("/office/import/{id}", get(import::show)),
        Room::staff("/office/import/{id}/mapping", post(import::save_mapping)),
        Room::staff("/office/import/{id}/trial", post(import::try_out)),
        Room::staff("/office/import/{id}/import", post(import::start)),
        Room::staff("/office/import/{id}/pause", post(import::pause)),
        Room::staff("/office/import/{id}/give-up", post(import::give_up)),
        Room::staff("/office/import/{id}/dismiss", post(import::dismiss)),
        Room::staff("/office/import/{id}/undo", post(import::undo)),
        Room::staff("/office/import/{id}/redo", post(import::redo)),
        Room::staff("/office/import/{id}/notes", get(import::notes)),
        Room::staff("/office/import/{id}/report", get(import::download)),
        Room::staff(
            "/office/import/{id}/rejected/{number}",
            get(import::show_rejected).post(import::complete),
        ),
        Room::staff("/office/imports/{import}", get(import::show_taken)),
        Room::staff("/office/imports/{import}/undo", post(import::undo_taken)),
        Room::staff("/office/imports/{import}/redo", post(import::redo_taken)),
        Room::staff("/office/editions/{edition}", get(edition::show)),
        Room::staff("/office/editions/{edition}/correct", post(edition::correct)),
        Room::staff(
            "/office/editions/{edition}/take-back",
            post(edition::take_back),
        ),
        Room::staff("/office/editions/{edition}/split", post(edition::split)),
        Room::staff("/office/editions/{edition}/join", post(edition::join)),
        Room::staff(
            "/office/editions/{edition}/decisions/{decision}/undo",
            post(edition::undo),
        ),
        Room::staff(
            "/office/editions/{edition}/decisions/{decision}/redo",
            post(edition::redo),
        ),
        Room::staff("/office/senders", get(senders::show).post(senders::save)),
        Room::staff("/office/covers", get(covers::list)),
        Room::staff("/office/covers/again", post(covers::all_again)),
        Room::staff("/office/covers/{edition}/again", post(covers::again)),
        Room::staff("/office/help", get(help::show)),
        Room::administrator("/office/staff", get(staff::list).post(staff::create)),
        Room::administrator("/office/staff/{login}/password", post(staff::give_password)),
        Room::administrator(
            "/office/staff/{login}/second-factor",
            post(staff::remove_second_factor),
        ),
        Room::administrator("/office/staff/{login}/disable", post(staff::disable)),
        Room::administrator("/office/audit", get(staff::log)),
    ]
}

/// The back office's part of the site. No room is reached but through its door.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let office = Office {
        attempts: Arc::new(Attempts::new()),
    };
    let site = rooms().into_iter().fold(Router::new(), |site, room| {
        let door =
            middleware::from_fn_with_state((state.clone(), room.door, room.body), access::guard);
        site.route(room.path, room.methods.layer(door))
    });
    site.layer(Extension(office))
}

#[cfg(test)]
mod account_tests;
#[cfg(test)]
mod display_tests;
#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod tests;
