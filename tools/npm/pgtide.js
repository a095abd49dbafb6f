#!/usr/bin/env node
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const exitUsage = 2;
const exitEnvironment = 4;
const root = path.resolve(__dirname, '..', '..');
const guard = 'PGTIDE_NPM_SHIM';

// Flags of pgtide that npm takes for its own when they stand before `--`: then they reach a script
// only as npm_config_<name>, and a value after a blank becomes an argument (`up --steps 2` turns into
// `up 2`). pgtide itself honours npm_config_dry_run and npm_config_yes.
const switches = [
  'all', 'allow_data_loss', 'allow_down_to_zero', 'allow_existing_tables', 'allow_no_backup', 'allow_out_of_order', 'allow_unproved',
  'backup', 'check', 'embedded', 'fix', 'from_ledger', 'last_good', 'last_run', 'pair_only', 'record', 'recorded', 'round_trip', 'single_transaction', 'staircase',
  'trace',
];
const valued = [
  'applied', 'backup_dir', 'changed_since', 'config', 'connect_timeout', 'database_ahead', 'dir', 'drift',
  'dry_run_lock_timeout', 'env', 'findings', 'format', 'limit', 'lock_retries', 'lock_timeout', 'lock_wait', 'log_format', 'metrics',
  'not_simulable', 'pg_bin', 'proofs', 'role', 'rollback', 'rolled_back', 'schema', 'search_path', 'statement_timeout', 'steps', 'table', 'terminate', 'timeout',
  'url', 'verify_allow',
];
const misspelt = { dry: '--dry-run', dryrun: '--dry-run' };

function fail(code, message, hint) {
  process.stderr.write(`pgtide: ${message}\n`);
  if (hint) process.stderr.write(`hint: ${hint}\n`);
  process.exit(code);
}

function calledByNpm() {
  return (process.env.npm_config_user_agent || '').startsWith('npm/');
}

function spelledOut(flag, takesValue) {
  const script = process.env.npm_lifecycle_event || 'db:migrate:up';
  const command = process.env.npm_command === 'exec' ? 'npx pgtide …' : `npm run ${script} --`;
  return `put \`--\` before the flags of pgtide: ${command} ${flag}${takesValue ? ' …' : ''}`;
}

function refuseFlagsKeptByNpm(args) {
  const names = [...switches, ...valued, ...Object.keys(misspelt)];
  for (const name of names) {
    const flag = misspelt[name] || `--${name.replace(/_/g, '-')}`;
    const given = args.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
    if (process.env[`npm_config_${name}`] === undefined || given) continue;
    // npm has an --all of its own, which somebody may have set for good.
    if (name === 'all' && !args.includes('generate')) continue;
    fail(exitUsage, `npm kept --${name.replace(/_/g, '-')} for itself, so nothing was run`,
      spelledOut(flag, valued.includes(name)));
  }
}

// npm reads `--format json` as its own --format-package-lock and leaves no trace but the value.
function refuseLostFormat(args) {
  const [command] = args.filter((arg) => !arg.startsWith('-'));
  const value = args.find((arg, i) => i > 0 && !args[i - 1].startsWith('-') && (arg === 'json' || arg === 'text'));
  const given = args.some((arg) => /^--(log-)?format(=|$)/.test(arg));
  if (!value || given || command === 'generate') return;
  fail(exitUsage, `\`${value}\` is no argument of ${command}; npm keeps --format for itself, so nothing was run`,
    spelledOut('--format', true));
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

// node_modules/.bin holds this very file, or a script that calls it.
function isShim(file) {
  const real = fs.realpathSync(file);
  const folders = path.dirname(path.resolve(file)).split(path.sep);
  return real === fs.realpathSync(__filename) || path.basename(real) === 'pgtide.js' ||
    folders.slice(-2).join('/') === 'node_modules/.bin';
}

function programInPath() {
  if (process.env[guard]) return undefined;
  const folders = (process.env.PATH || '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, 'pgtide')).find((file) => isProgram(file) && !isShim(file));
}

function findProgram() {
  const named = process.env.PGTIDE_BIN;
  if (named) {
    if (!isProgram(named)) fail(exitUsage, `PGTIDE_BIN is ${named}, which is not a program`);
    if (isShim(named)) fail(exitUsage, `PGTIDE_BIN is ${named}, which only looks for pgtide itself`);
    return named;
  }
  const built = path.join(root, 'build', 'release', 'bin', 'pgtide');
  if (isProgram(built)) return built;
  const installed = programInPath();
  if (installed) return installed;
  const builder = path.join(root, 'tools', 'pgtide');
  if (isProgram(builder)) return builder;
  return fail(exitEnvironment, 'the program pgtide was not found',
    'install it, put its folder into PATH, or name it in PGTIDE_BIN');
}

function run(program, args) {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, [guard]: '1' } });
  const atTerminal = [0, 1, 2].some((fd) => require('tty').isatty(fd));
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends these to every process of the group; a second one would mean "at once".
      const sentToAll = atTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT');
      if (!sentToAll) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(exitEnvironment, `cannot run ${program}: ${error.code || error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + os.constants.signals[signal] : code));
}

const args = process.argv.slice(2);
if (calledByNpm()) {
  refuseFlagsKeptByNpm(args);
  refuseLostFormat(args);
}
run(findProgram(), args);
