//! Answering questions beside the screens.
//!
//! A newer question takes the place of one of the same slot that still waits; one whose job was stopped is not answered,
//! and what is worked on looks at its job now and then.

use crossbeam_channel::{Receiver, Sender};
use dumpview_tui::app::Event;
use dumpview_tui::app::run::Asked;
use dumpview_tui::ask::{Answer, Request};
use dumpview_view::job::Job;

/// Answers until nobody asks any more.
pub fn serve(
    questions: &Receiver<Asked>,
    events: &Sender<Event>,
    answer: impl FnMut(&Request, &Job) -> Answer,
) {
    serve_and(questions, events, answer, || {});
}

/// The same; whenever nothing is left to answer, `at_rest` does what can wait.
pub fn serve_and(
    questions: &Receiver<Asked>,
    events: &Sender<Event>,
    mut answer: impl FnMut(&Request, &Job) -> Answer,
    mut at_rest: impl FnMut(),
) {
    let mut waiting: Vec<Asked> = Vec::new();
    loop {
        if waiting.is_empty() {
            if questions.is_empty() {
                at_rest();
            }
            match questions.recv() {
                Ok(asked) => take(&mut waiting, asked),
                Err(_) => return,
            }
        }
        for asked in questions.try_iter() {
            take(&mut waiting, asked);
        }
        let Asked { from, request, job } = waiting.remove(0);
        // A stopped question whose answer is quick was followed by a newer one: on data that grow without pause no
        // answer would ever be the newest.
        let is_wanted = || request.long().is_none() || !job.is_stopped();
        if !is_wanted() {
            continue;
        }
        let answer = answer(&request, &job);
        if !is_wanted() {
            continue;
        }
        if events.send(Event::Answer { to: from, answer }).is_err() {
            return;
        }
    }
}

fn take(waiting: &mut Vec<Asked>, asked: Asked) {
    let slot = asked.request.slot();
    waiting.retain(|old| old.from != asked.from || old.request.slot() != slot);
    waiting.push(asked);
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
    use dumpview_tui::app::App;
    use dumpview_tui::data::frames::AskVariables;
    use dumpview_tui::data::goroutines::AskGoroutines;
    use dumpview_tui::data::memory::AskMemory;

    #[test]
    fn the_newest_question_of_a_slot_is_answered_and_the_others_are_not() {
        let (ask, questions) = crossbeam_channel::unbounded();
        let (events, answers) = crossbeam_channel::unbounded();
        let (mut app, todo) = {
            let screens: Vec<Box<dyn dumpview_tui::screen::Screen>> =
                vec![Box::new(dumpview_tui::screens::memory::MapScreen::default())];
            let mut app = App::new("x", screens, Vec::new());
            let todo = app.start();
            (app, todo)
        };
        let Some(dumpview_tui::app::Do::Ask(from, _, _)) = todo.into_iter().next() else {
            panic!("the screen asks");
        };
        let asked = |request: Request| Asked {
            from,
            request,
            job: Job::new(""),
        };
        for frame in 0..3 {
            let question = AskVariables {
                goroutine: 1,
                frame,
            };
            ask.send(asked(question.into())).unwrap();
        }
        ask.send(asked(AskMemory.into())).unwrap();
        let stopped = asked(AskGoroutines.into());
        stopped.job.stop();
        ask.send(stopped).unwrap();
        drop(ask);
        let mut answered = Vec::new();
        serve(&questions, &events, |request, _| {
            answered.push(request.clone());
            request.failed(String::new())
        });
        let last = AskVariables {
            goroutine: 1,
            frame: 2,
        };
        assert_eq!(answered, [last.into(), AskMemory.into()]);
        assert_eq!(answers.len(), 2);
        for event in answers.try_iter() {
            app.update(event);
        }
    }

    #[test]
    fn long_work_that_is_stopped_while_it_goes_on_has_no_answer() {
        let (ask, questions) = crossbeam_channel::unbounded();
        let (events, answers) = crossbeam_channel::unbounded();
        let screens: Vec<Box<dyn dumpview_tui::screen::Screen>> =
            vec![Box::<dumpview_tui::screens::goroutines::GoroutinesScreen>::default()];
        let mut app = App::new("x", screens, Vec::new());
        for what in app.start() {
            if let dumpview_tui::app::Do::Ask(from, request, job) = what {
                ask.send(Asked { from, request, job }).unwrap();
            }
        }
        drop(ask);
        let mut given_up = false;
        serve(&questions, &events, |request, job| {
            assert!(job.advance(1, 10).is_ok());
            app.update(Event::Key(dumpview_tui::keys::Key::Esc));
            given_up = job.advance(2, 10).is_err();
            request.failed("too late".to_owned())
        });
        assert!(given_up);
        assert!(answers.is_empty());
    }
}
