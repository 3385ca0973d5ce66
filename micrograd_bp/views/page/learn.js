// Gradient descent on the parameters, step by step or running, and the curve of the loss.

const [lossValue] = graph.roots;
const losses = [];
let learner = 0;

const rate = () => readNumber(byId("rate").value);
const lossText = () => `${plural(losses.length - 1, "step")}, loss ${number(losses.at(-1))}`;

// So many steps, p - rate·gradient for each parameter; the drawing shows the last one. Says why it cannot go on, if so.
function learn(count) {
  const lr = rate();
  if (!(lr > 0)) return "the learning rate is a number above 0";
  if (!losses.length) losses.push(live.values[lossValue]);
  let state = live, why = "";
  for (let i = 0; i < count && !why; i++) {
    const numbers = state.leaves.slice();
    for (const value of DATA.parameters) numbers[value] -= lr * state.gradients[value];
    if (DATA.parameters.every((value) => Number.isFinite(numbers[value]))) {
      state = told(numbers);
      losses.push(state.values[lossValue]);
    } else {
      why = "the parameters are not finite any more";
    }
  }
  live = state;
  if (position < steps.length) walkTo(steps.length);
  showNumbers(live);
  return why;
}

function showLearned() {
  byId("learned").textContent = losses.length ? lossText() : "";
  byId("curve").toggleAttribute("hidden", losses.length < 2);
  if (losses.length < 2) return;
  byId("curve").setAttribute("aria-label", `Loss: ${number(losses[0])} at first, ${number(losses.at(-1))} after ${losses.length - 1} steps`);
  const finite = losses.filter(Number.isFinite);
  const [least, most] = [Math.min, Math.max].map((extreme) => finite.reduce((a, b) => extreme(a, b), 0));
  const [width, height] = [300, 90];
  const every = Math.ceil(losses.length / width);
  const points = losses.flatMap((loss, i) => (i % every && i < losses.length - 1) || !Number.isFinite(loss) ? []
    : [`${((width * i) / Math.max(1, losses.length - 1)).toFixed(1)},${(height - (height - 6) * ((loss - least) / (most - least || 1))).toFixed(1)}`]);
  byId("curve-line").setAttribute("points", points.join(" "));
}

function stopLearning(why = "") {
  cancelAnimationFrame(learner);
  clearTimeout(learner);
  learner = 0;
  byId("learn-play").textContent = "Learn";
  byId("learn-play").setAttribute("aria-pressed", "false");
  set("learn-note", why);
  writeLink();
  say([losses.length ? lossText() : "", why].filter(Boolean).join(": "));
}

// One step for each frame; where motion is to be little, ten steps twice a second.
function learnOn() {
  const why = learn(calm.matches ? 10 : 1);
  if (why) stopLearning(why);
  else learner = calm.matches ? setTimeout(learnOn, 500) : requestAnimationFrame(learnOn);
}

byId("learning").hidden = false;
afterwards.push(showLearned);
stops.push(() => learner && stopLearning());
byId("reset").addEventListener("click", () => {
  losses.length = 0;
  stopLearning();
  showLearned();
});
byId("learn-step").addEventListener("click", byHand(() => stopLearning(learn(1))));
byId("learn-play").addEventListener("click", () => {
  if (learner) return stopLearning();
  takeOver();
  set("learn-note", "");
  byId("learn-play").textContent = "Stop";
  byId("learn-play").setAttribute("aria-pressed", "true");
  learner = calm.matches ? setTimeout(learnOn) : requestAnimationFrame(learnOn);
});
