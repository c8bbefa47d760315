//! Choosing the books for the home page.

use std::collections::HashSet;

use super::Showcase;
use super::record::Front;
use crate::limits;
use crate::model::{EditionId, PublicationDate, WorkId};
use crate::subject::ShopSubject;

/// What the choice depends on, for each edition that can be bought.
struct Candidate {
    id: EditionId,
    work: WorkId,
    published: Option<PublicationDate>,
    popularity: u32,
    subject: Option<ShopSubject>,
    forthcoming: bool,
}

/// Gathers candidates while the shelf is built.
#[derive(Default)]
pub(super) struct Chooser(Vec<Candidate>);

impl Chooser {
    pub(super) fn consider(&mut self, front: &Front) {
        if front.buyable {
            self.0.push(Candidate {
                id: front.id,
                work: front.work,
                published: front.published,
                popularity: front.popularity,
                subject: front.subject,
                forthcoming: front.forthcoming,
            });
        }
    }

    pub(super) fn choose(mut self) -> Showcase {
        self.0
            .sort_by_key(|book| (std::cmp::Reverse(book.popularity), book.id.0));
        let best_selling = first_of_each_work(self.0.iter());
        let by_subject = ShopSubject::all()
            .map(|subject| {
                (
                    subject,
                    first_of_each_work(self.0.iter().filter(|book| book.subject == Some(subject))),
                )
            })
            .filter(|(_, books)| !books.is_empty())
            .collect();
        // The sort is stable: among books of one day the more popular one stays first.
        self.0.sort_by_key(|book| std::cmp::Reverse(book.published));
        let new = first_of_each_work(
            self.0
                .iter()
                .filter(|book| book.published.is_some() && !book.forthcoming),
        );
        Showcase {
            new,
            best_selling,
            by_subject,
        }
    }
}

fn first_of_each_work<'a>(books: impl Iterator<Item = &'a Candidate>) -> Vec<EditionId> {
    let mut works = HashSet::new();
    books
        .filter(|book| works.insert(book.work))
        .take(limits::SHOWCASE_EDITIONS)
        .map(|book| book.id)
        .collect()
}
