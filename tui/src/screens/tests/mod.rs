//! Every screen as it is drawn, at 80×24 and wide, from data that the tests make or read from a few lines of text.

mod of_a_core;
mod of_a_heap;
mod of_a_log;
mod of_memory;
mod of_the_compiler;
mod of_waits;

use crate::ask::{Request, Topic};
use crate::canvas::Canvas;
use crate::screen::{Effect, Input, Screen};
use crate::theme::{ASCII, Colors, Theme, UNICODE};
use dumpview_view::job::Job;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub fn drawn(screen: &dyn Screen, width: u16, height: u16) -> String {
    let theme = Theme {
        colors: Colors::None,
        glyphs: UNICODE,
        background: None,
    };
    drawn_with(screen, width, height, &theme)
}

fn drawn_with(screen: &dyn Screen, width: u16, height: u16, theme: &Theme) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    screen.draw(&mut Canvas::new(&mut buffer, theme));
    let row = |y| {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        row.trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

/// Both sizes, and that nothing but ASCII is drawn where nothing else can be shown.
pub fn snapshots(name: &str, screen: &dyn Screen) {
    insta::assert_snapshot!(format!("{name}_80x22"), drawn(screen, 80, 22));
    insta::assert_snapshot!(format!("{name}_140x32"), drawn(screen, 140, 32));
    let ascii = Theme {
        colors: Colors::None,
        glyphs: ASCII,
        background: None,
    };
    let seen = drawn_with(screen, 80, 22, &ascii);
    assert!(seen.is_ascii(), "{seen}");
    for (width, height) in [(1, 1), (20, 5), (60, 13), (300, 90)] {
        drawn(screen, width, height);
    }
}

/// Tells a screen what it would be told.
pub fn tell<T: Topic>(screen: &mut dyn Screen, question: T, answer: T::Answer) -> Vec<Effect> {
    let answer = Request::from(question).answer::<T>(Ok(answer));
    screen.update(Input::Answer(answer))
}

/// Answers what can be answered without an input, as a worker does, until nothing more is asked; gives the rest.
pub fn settle(screen: &mut dyn Screen, effects: Vec<Effect>) -> Vec<Effect> {
    let mut rest = Vec::new();
    for effect in effects {
        let answer = match &effect {
            Effect::Ask(request) => request.alone(&Job::new("")),
            _ => None,
        };
        match answer {
            Some(answer) => {
                let more = screen.update(Input::Answer(answer));
                rest.extend(settle(screen, more));
            }
            None => rest.push(effect),
        }
    }
    rest
}

/// The question of a topic among some effects.
pub fn asked<T: Topic + Clone>(effects: &[Effect]) -> Option<T> {
    effects.iter().find_map(|effect| match effect {
        Effect::Ask(request) => request.about::<T>().cloned(),
        _ => None,
    })
}
