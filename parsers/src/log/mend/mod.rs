//! Puts torn records together again.
//!
//! ```text
//! gc 3 @0.184s 5%: 2.9+48+0.040 ms clock, 5.9+0.75/17/0.15+0.080 ms cpu, 72026/11/21 02:23:36 indexed
//! ->8->5 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P
//! ```
//!
//! What else was written to the descriptor stands between two tokens of a record ([`template`]), in the same
//! line or as lines of its own. The machine takes tokens as far as they go. Where they stop at a border, the
//! record waits for its next token: further on in the line, or at the start of one of the next
//! [`PATIENCE`] lines. What stands between is the application's, or another record that is whole.
//!
//! Records that come whole while another is torn, or soon after one was given up, are held back for a few lines:
//! they may have taken up digits of a second process, and then pieces without a beginning follow.
//!
//! Nothing is guessed. A number counts when the literal behind it follows directly, or when what follows is known
//! to be the application's by how its lines begin ([`style`]); else the record is reported as unreadable, and
//! so are two torn records at once: digits of two processes may have run together.
//!
//! | file | in charge of |
//! |---|---|
//! | `template` | the one-line traces as sequences of tokens |
//! | `words` | by which words a record, or a piece of one, is known |
//! | `style` | how the application's own lines begin |
//! | `tokens` | how far the tokens of a record go in a line |
//! | `mender` | what waits for its next token, and what is held back |
//! | `apart` | what stands in a line that is no whole trace |

mod apart;
mod mender;
mod style;
mod template;
#[cfg(test)]
mod tests;
mod tokens;
mod words;

#[cfg(test)]
pub(super) use words::WORDS;

pub(super) use mender::{Mender, Piece};
