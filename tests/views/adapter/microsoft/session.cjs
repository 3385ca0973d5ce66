// A session with Microsoft's client for debug adapters. It makes every request that there is, and prints which.
//   node session.cjs PROGRAM LINE python LAUNCHER       starts an adapter, and speaks on its input and output
//   node session.cjs PROGRAM LINE PORT                  connects to one that launches
//   node session.cjs PROGRAM LINE PORT attach           connects to a program that waits
const assert = require("node:assert/strict");
const { DebugClient } = require("@vscode/debugadapter-testsupport");

const [program, lineText, adapter, more] = process.argv.slice(2);
const line = Number(lineText);
const thread = { threadId: 1 };

async function main() {
    const port = Number(adapter) || undefined;
    const client = new DebugClient(adapter, more, "micrograd-bp", undefined, true);
    const asked = new Set();
    const send = client.send.bind(client);
    client.send = (command, ...rest) => {
        asked.add(command);
        return send(command, ...rest);
    };
    await client.start(port);
    if (more === "attach") await attached(client);
    else await launched(client);
    console.log(JSON.stringify([...asked].sort()));
}

async function attached(client) {
    const opened = client.waitForEvent("initialized");
    await client.initializeRequest();
    await client.attachRequest({});
    await opened;
    await Promise.all([client.configurationDoneRequest(), client.assertStoppedLocation("entry", {})]);
    await client.disconnectRequest();
}

async function launched(client) {
    // The client's own scenario: launch, set a breakpoint, and be stopped there.
    await client.hitBreakpoint({ program, stopOnEntry: false }, { path: program, line });

    const go = async (command, reason, at, rest = {}) => {
        const [{ body }] = await Promise.all([client.waitForEvent("stopped"), client.customRequest(command, { ...thread, ...rest })]);
        assert.equal(body.reason, reason, command);
        const { stackFrames } = (await client.stackTraceRequest({ ...thread, levels: 1 })).body;
        assert.equal(stackFrames[0].line, at, command);
        return body;
    };
    const body = async (answer) => (await answer).body;

    const source = { path: program };
    assert.deepEqual((await body(client.threadsRequest())).threads.map(({ id }) => id), [1]);
    const { stackFrames: [frame] } = await body(client.stackTraceRequest(thread));
    const { scopes } = await body(client.scopesRequest({ frameId: frame.id }));
    assert.deepEqual(scopes.map(({ name }) => name), ["Step", "Value", "Operands"]);
    const inside = Object.fromEntries(await Promise.all(scopes.map(async ({ name, variablesReference }) =>
        [name, (await body(client.variablesRequest({ variablesReference }))).variables])));
    assert.equal(inside.Step.find(({ name }) => name === "upstream gradient").value, "0.4869");
    assert.equal((await body(client.evaluateRequest({ expression: "w", context: "hover", frameId: frame.id }))).result, "-3, gradient 0");
    assert.match((await body(client.evaluateRequest({ expression: "why w", context: "repl" }))).result, /^gradient of w = 0.9738/);
    assert.deepEqual((await body(client.completionsRequest({ text: "wh", column: 3 }))).targets.map(({ label }) => label), ["where", "why"]);

    await client.setBreakpointsRequest({ source, breakpoints: [] });
    await go("stepIn", "step", line);
    await go("stepBack", "step", line);
    await go("next", "step", line);
    await go("reverseContinue", "entry", line + 1);
    await go("stepOut", "end", line - 1);
    await go("restart", "entry", line + 1);
    const { targets: [target] } = await body(client.gotoTargetsRequest({ source, line: line - 1 }));
    await go("goto", "goto", line - 1, { targetId: target.id });
    await go("restart", "entry", line + 1);

    const { breakpoints: lines } = await body(client.customRequest("breakpointLocations", { source, line: 1, endLine: 99 }));
    assert.ok(lines.some((each) => each.line === line));
    const functions = await body(client.setFunctionBreakpointsRequest({ breakpoints: [{ name: "multiply" }] }));
    assert.deepEqual(functions.breakpoints.map(({ verified }) => verified), [true]);
    await go("continue", "function breakpoint", line - 1);
    await client.setFunctionBreakpointsRequest({ breakpoints: [] });
    await go("restart", "entry", line + 1);

    const { dataId } = await body(client.dataBreakpointInfoRequest({ name: "w" }));
    await client.setDataBreakpointsRequest({ breakpoints: [{ dataId }] });
    await go("continue", "data breakpoint", line - 1);
    await client.setDataBreakpointsRequest({ breakpoints: [] });
    await go("restart", "entry", line + 1);

    await client.setExceptionBreakpointsRequest({ filters: [], filterOptions: [{ filterId: "dies", condition: "upstream < 1" }] });
    await client.setExceptionBreakpointsRequest({ filters: ["dies", "not_finite", "exploding", "saturated"] });
    await go("continue", "end", line - 1);
    await assert.rejects(client.exceptionInfoRequest(thread), /not stopped by a check box/);
    await assert.rejects(client.customRequest("source", { sourceReference: 5 }), /only the listing of the graph/);
    await assert.rejects(client.attachRequest({}), /the request is launch/);
    await assert.rejects(client.customRequest("setVariable", {}), /there is no request setVariable/);
    await client.pauseRequest(thread);

    const over = [client.waitForEvent("exited"), client.waitForEvent("terminated")];
    await client.continueRequest(thread);
    assert.equal((await over[0]).body.exitCode, 0);
    await over[1];
    await client.disconnectRequest();
}

main().then(
    () => process.exit(0),
    (error) => {
        console.error(error);
        process.exit(1);
    },
);
