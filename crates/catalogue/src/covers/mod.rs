//! Generated typographic covers.
