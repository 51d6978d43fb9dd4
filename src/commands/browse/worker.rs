//! Answering questions beside the screens.
//!
//! A newer question takes the place of one of the same slot that still waits; a screen that went away takes its
//! questions with it. What is being worked on is not interrupted: its answer finds nobody, or comes late.

use crossbeam_channel::{Receiver, Sender};
use dumpview_tui::app::run::Asked;
use dumpview_tui::app::{Event, ScreenId};
use dumpview_tui::ask::{Answer, Request};

/// Answers until nobody asks any more.
pub fn serve(
    questions: &Receiver<Asked>,
    events: &Sender<Event>,
    mut answer: impl FnMut(Request) -> Answer,
) {
    let mut waiting: Vec<(ScreenId, Request)> = Vec::new();
    loop {
        if waiting.is_empty() {
            match questions.recv() {
                Ok(asked) => take(&mut waiting, asked),
                Err(_) => return,
            }
        }
        for asked in questions.try_iter() {
            take(&mut waiting, asked);
        }
        if waiting.is_empty() {
            continue;
        }
        let (to, request) = waiting.remove(0);
        let answer = answer(request);
        if events.send(Event::Answer { to, answer }).is_err() {
            return;
        }
    }
}

fn take(waiting: &mut Vec<(ScreenId, Request)>, asked: Asked) {
    match asked {
        Asked::Cancel(screen) => waiting.retain(|(from, _)| *from != screen),
        Asked::Request(screen, request) => {
            waiting.retain(|(from, old)| *from != screen || old.slot() != request.slot());
            waiting.push((screen, request));
        }
    }
}

/// Tells the loop when its thread panics: without it the screens would wait for ever.
pub struct Alarm(pub Sender<Event>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let message = "an internal error, printed above; please report it";
            // Nobody is left to be told when even this fails.
            let _ = self.0.send(Event::Broken(message.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_question_of_a_slot_is_answered_and_the_others_are_not() {
        let (ask, questions) = crossbeam_channel::unbounded();
        let (events, answers) = crossbeam_channel::unbounded();
        let (mut app, todo) = {
            let screens: Vec<Box<dyn dumpview_tui::screen::Screen>> = vec![Box::new(
                dumpview_tui::screens::memory::MemoryScreen::default(),
            )];
            let mut app = dumpview_tui::app::App::new("x", screens, Vec::new());
            let todo = app.start();
            (app, todo)
        };
        let Some(dumpview_tui::app::Do::Ask(screen, _)) = todo.into_iter().next() else {
            panic!("the screen asks");
        };
        for frame in 0..3 {
            let request = Request::Variables {
                goroutine: 1,
                frame,
            };
            ask.send(Asked::Request(screen, request)).unwrap();
        }
        ask.send(Asked::Request(screen, Request::Memory)).unwrap();
        drop(ask);
        let mut asked = Vec::new();
        serve(&questions, &events, |request| {
            asked.push(request);
            Answer::Said(String::new())
        });
        let expected = [
            Request::Variables {
                goroutine: 1,
                frame: 2,
            },
            Request::Memory,
        ];
        assert_eq!(asked, expected);
        assert_eq!(answers.len(), 2);
        for event in answers.try_iter() {
            app.update(event);
        }
    }
}
