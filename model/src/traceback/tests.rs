//! Dumps put together from texts.
