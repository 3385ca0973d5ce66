// F5 where there is no launch.json: VS Code asks the extension what to do, and without an answer does nothing, silently.
const { debug } = require("vscode");

exports.activate = (context) => {
    const [{ type, initialConfigurations: [script] }] = context.extension.packageJSON.contributes.debuggers;
    const resolveDebugConfiguration = (folder, configuration) => {
        if (configuration.type) return configuration;
        return folder ? script : { ...script, cwd: "${fileDirname}" };
    };
    context.subscriptions.push(debug.registerDebugConfigurationProvider(type, { resolveDebugConfiguration }));
};
