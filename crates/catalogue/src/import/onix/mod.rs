//! ONIX for Books 2.1, 3.0 and 3.1, with reference names or short tags, with or without namespace.
//!
//! The message is cut into products as a stream ([`split`]); each product is read into a small tree ([`tree`]) with
//! reference names ([`tags`]), said in the words of 3.0 ([`release_2`]), and becomes an edition ([`product`]). So a
//! product that is not well-formed loses only itself, and a message of gigabytes needs the memory of its largest
//! product.
//!
//! Not done here: what a block update (O3) or the order of messages (O6) does to what is stored, images (O21).

use std::io::BufRead;

use super::{Rejection, Session, Severity};
use crate::import::Remark;
use crate::store::Incoming;

mod covers;
mod dates;
mod decode;
mod people;
mod price;
mod product;
mod prologue;
mod release_2;
mod split;
mod subjects;
mod supply;
mod tags;
mod texts;
mod titles;
mod tree;

#[cfg(test)]
mod tests;

pub(super) use decode::Utf8;
use prologue::Prologue;
use split::{Piece, Splitter};

/// The products of a message.
pub(super) struct Products<'s, 'a> {
    pieces: Splitter,
    session: &'s mut Session<'a>,
    prologue: Option<Prologue>,
    ended: bool,
}

impl<'s, 'a> Products<'s, 'a> {
    pub(super) fn of(reader: Box<dyn BufRead>, session: &'s mut Session<'a>) -> Self {
        Products {
            pieces: Splitter::of(Utf8::of(reader)),
            session,
            prologue: None,
            ended: false,
        }
    }

    /// Reads what stands before the first product, and says whether the message can be read.
    fn begin(&mut self, has_products: bool) -> bool {
        let prologue = Prologue::read(&self.pieces.take_prologue());
        for note in prologue.notes(has_products) {
            self.session.note(note.severity, 1, note.remark);
        }
        let readable = prologue.is_readable();
        self.prologue = Some(prologue);
        readable
    }

    fn take_product(&mut self, line: u64, text: &str) -> Option<Incoming> {
        let prologue = self.prologue.as_ref()?;
        self.session.record();
        match product::read(text, prologue, self.session.today) {
            Ok((incoming, remarks)) => {
                let (sender, reference) = incoming.identity();
                remarks.tell(self.session, line, (sender, reference));
                self.session.remember(line, sender, reference);
                Some(incoming)
            }
            Err(rejection) => {
                rejection.tell(self.session, line);
                None
            }
        }
    }

    fn reject(&mut self, line: u64, remark: Remark) {
        self.session.record();
        Rejection::error(remark).tell(self.session, line);
    }

    fn end(&mut self, line: u64, closed: bool) {
        self.ended = true;
        if self.prologue.is_none() {
            self.begin(false);
        }
        let is_message = self
            .prologue
            .as_ref()
            .is_some_and(|prologue| prologue.is_message);
        if is_message && !closed {
            self.session
                .note(Severity::Error, line, Remark::Unfinished {});
        }
        self.say_repairs();
    }

    fn say_repairs(&mut self) {
        let repaired = self.pieces.repaired();
        if repaired > 0 {
            self.session.encoding_repaired(repaired);
        }
    }
}

impl Iterator for Products<'_, '_> {
    type Item = Incoming;

    fn next(&mut self) -> Option<Incoming> {
        while !self.ended && !(self.session.is_halted)() {
            match self.pieces.next_piece() {
                Piece::Product { line, text } => {
                    if self.prologue.is_none() && !self.begin(true) {
                        self.ended = true;
                        return None;
                    }
                    if let Some(incoming) = self.take_product(line, &text) {
                        return Some(incoming);
                    }
                }
                Piece::Unclosed { line } => self.reject(line, Remark::Unclosed {}),
                Piece::TooLarge { line } => self.reject(line, super::too_large()),
                Piece::CutOff { line } => self.reject(line, Remark::CutOff {}),
                Piece::Broken { line, error } => {
                    self.session.broken_off(line, &error);
                    self.ended = true;
                }
                Piece::End { line, closed } => self.end(line, closed),
            }
        }
        None
    }
}
