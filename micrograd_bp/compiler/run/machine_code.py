"""Loop nests as machine code, by way of LLVM. It knows nothing of graphs: it is handed a function as text.

The text is Python with little in it: `for` over ranges, `if`, assignments, arithmetic, functions of numbers, and arrays
that are read and written at one place. What `+=` adds may be added in any order, and a product with it in one step, as
a processor does that takes several at once; everything else is rounded as it is written, in single precision where an
argument is so. What is added up from before all loops is in double precision even then.
"""

import ast
import ctypes
import hashlib
import hmac
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import singledispatchmethod
from inspect import getsource
from pathlib import Path
from tempfile import mkstemp
from typing import Any, NamedTuple

import llvmlite  # type: ignore[import-untyped]  # it has no types
import llvmlite.binding as llvm  # type: ignore[import-untyped]
from llvmlite import ir
from platformdirs import user_cache_dir

from micrograd_bp.compiler.write import machine_functions
from micrograd_bp.compiler.write.machine_functions import INTRINSICS, WRITTEN_OUT

STACK = 1 << 16
"""So many bytes of arrays lie on the stack, the small ones first."""

MOST_KEPT = 200
"""So many kernels are kept on disk, the latest ones."""

DOUBLE, SINGLE, INTEGER, BYTE = ir.DoubleType(), ir.FloatType(), ir.IntType(64), ir.IntType(8)

TYPES = {"float64": DOUBLE, "float32": SINGLE, "int64": INTEGER, "uint32": ir.IntType(32)}
"""The types of what arrays hold, by NumPy's names."""


class _Precision(NamedTuple):
    """What exp and tanh need to know of a type of numbers."""

    terms: int  # of the series of exp for numbers up to half of log 2, of which the next one is lost in rounding
    log_of_2: tuple[float, float]  # two parts, of which the first has few bits
    least: float  # exp is 0 of what is below
    most: float  # exp is infinite of what is above
    bits: ir.IntType  # a whole number of the same size
    bias: int  # what is added to an exponent
    fraction: int  # how many bits stand behind the exponent


_LOG_OF_2 = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
PRECISION = {
    DOUBLE: _Precision(14, _LOG_OF_2, -745.2, 709.79, INTEGER, 1023, 52),
    SINGLE: _Precision(7, (0.693359375, -2.12194440e-4), -104.0, 88.73, TYPES["uint32"], 127, 23),
}

ONE_STEP = ("contract",)
IN_ANY_ORDER = ("reassoc", "nsz", *ONE_STEP)
"""What LLVM may do with an operation: take a product and a sum in one step, and add in any order."""

_ARITHMETIC = {ast.Add: ("fadd", "add"), ast.Sub: ("fsub", "sub"), ast.Mult: ("fmul", "mul"), ast.Div: ("fdiv", "")}
_ARITHMETIC |= {ast.FloorDiv: ("", "sdiv"), ast.Mod: ("", "srem")}
_COMPARED = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!="}


class _Function:
    """Translates one function."""

    def __init__(self, module: ir.Module, definition: ast.FunctionDef) -> None:
        arguments = definition.args.args
        self.module = module
        self.arrays: dict[str, tuple[Any, ir.Type, int]] = {}  # where they are, what they hold, entries of a row
        self.variables: dict[str, Any] = {}
        function = ir.Function(
            module, ir.FunctionType(DOUBLE, [BYTE.as_pointer()] * len(arguments) + [INTEGER]), "kernel"
        )
        self.entry = ir.IRBuilder(function.append_basic_block())
        self.builder = ir.IRBuilder(function.append_basic_block())
        self.begin = self.builder.block
        self.allocated: list[Any] = []
        self.stack_left = STACK
        *pointers, self.batch = function.args
        for argument, pointer in zip(arguments, pointers, strict=True):
            pointer.add_attribute("noalias")
            assert isinstance(argument.annotation, ast.Subscript)
            kind, extents = TYPES[ast.unparse(argument.annotation.value)], ast.literal_eval(argument.annotation.slice)
            array = self.entry.bitcast(pointer, kind.as_pointer())
            self.arrays[argument.arg] = array, kind, extents[-1]
        self.kind = SINGLE if any(kind == SINGLE for _, kind, _ in self.arrays.values()) else DOUBLE
        added_to = {ast.unparse(node.target) for node in ast.walk(definition) if isinstance(node, ast.AugAssign)}
        first = {ast.unparse(node.targets[0]) for node in definition.body if isinstance(node, ast.Assign)}
        self.sums = added_to & first  # they may have a term for each sample: in double precision
        self.statements(definition.body)
        self.entry.branch(self.begin)
        _take_arrays(function)

    # ---- statements

    def statements(self, body: list[ast.stmt]) -> None:
        """Translates statements."""
        for statement in body:
            self.statement(statement)

    @singledispatchmethod
    def statement(self, statement: ast.stmt) -> None:
        """Translates a statement."""
        raise NotImplementedError(ast.unparse(statement))

    @statement.register
    def _(self, statement: ast.Assign) -> None:
        (target,), value = statement.targets, statement.value
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "empty":
            self._allocate(ast.unparse(target), *value.args)
        else:
            number = self.expression(value)
            self._store(self._place(target, number.type), number)

    @statement.register
    def _(self, statement: ast.AugAssign) -> None:
        added = self.expression(statement.value, IN_ANY_ORDER)
        place, kind = self._place(statement.target, self.kind)
        before = self.builder.load(place)
        self._store((place, kind), self.builder.fadd(before, self._rounded(added, kind), flags=IN_ANY_ORDER))

    @statement.register
    def _(self, statement: ast.For) -> None:
        assert isinstance(statement.iter, ast.Call)
        numbers = [self.expression(argument) for argument in statement.iter.args]
        start, stop, step = {1: [ir.Constant(INTEGER, 0), *numbers, ir.Constant(INTEGER, 1)], 3: numbers}[len(numbers)]
        if isinstance(stop, ir.Constant) and stop.constant == 0:
            return  # there are no parameters
        counter = self.variables[ast.unparse(statement.target)] = self.entry.alloca(INTEGER)
        self.builder.store(start, counter)
        body = self.builder.append_basic_block()
        self.builder.branch(body)
        self.builder.position_at_end(body)
        self.statements(statement.body)
        following = self.builder.add(self.builder.load(counter), step, flags=("nsw",))
        self.builder.store(following, counter)
        end = self.builder.append_basic_block()
        # No other range is empty: it is asked only after a round whether there is another.
        goes_on = self.builder.icmp_signed(">" if step.constant < 0 else "<", following, stop)
        self.builder.cbranch(goes_on, body, end)
        self.builder.position_at_end(end)

    @statement.register
    def _(self, statement: ast.If) -> None:
        with self.builder.if_else(self.expression(statement.test)) as (then, otherwise):
            with then:
                self.statements(statement.body)
            with otherwise:
                self.statements(statement.orelse)

    @statement.register
    def _(self, statement: ast.Return) -> None:
        assert statement.value is not None
        value = self._rounded(self.expression(statement.value), DOUBLE)
        for pointer in self.allocated:
            self.builder.call(self._external("free", ir.VoidType(), [BYTE.as_pointer()]), [pointer])
        self.builder.ret(value)

    def _allocate(self, name: str, size: ast.expr, kind: ast.expr) -> None:
        of, n = TYPES[ast.unparse(kind)], self.expression(size).constant
        if 8 * n <= self.stack_left // 8:
            self.stack_left -= 8 * n
            array = self.entry.gep(self.entry.alloca(ir.ArrayType(of, n)), [ir.Constant(INTEGER, 0)] * 2, inbounds=True)
        else:
            malloc = self._external("malloc", BYTE.as_pointer(), [INTEGER])
            malloc.return_value.add_attribute("noalias")
            pointer = self.entry.call(malloc, [ir.Constant(INTEGER, 8 * n)])
            self.allocated.append(pointer)
            array = self.entry.bitcast(pointer, of.as_pointer())
        self.arrays[name] = array, of, n

    # ---- places

    def _place(self, target: ast.expr, kind: ir.Type = None) -> tuple[Any, ir.Type]:
        """Where an entry is, or a variable that holds such numbers, which is made if it is new; and what it holds."""
        if isinstance(target, ast.Name):
            kind = DOUBLE if target.id in self.sums else kind
            if target.id not in self.variables:
                self.variables[target.id] = self.entry.alloca(kind)
            return self.variables[target.id], kind
        assert isinstance(target, ast.Subscript)
        assert isinstance(target.value, ast.Name)
        array, kind, width = self.arrays[target.value.id]
        if isinstance(target.slice, ast.Tuple):
            row, column = map(self.expression, target.slice.elts)
            place = self.builder.add(self.builder.mul(row, ir.Constant(INTEGER, width)), column)
        else:
            place = self.expression(target.slice)
        return self.builder.gep(array, [place], inbounds=True), kind

    def _store(self, place: tuple[Any, ir.Type], number: Any) -> None:
        where, kind = place
        self.builder.store(self._rounded(number, kind), where)

    def _rounded(self, number: Any, kind: ir.Type) -> Any:
        """A number in this precision; anything else as it is."""
        change = self.builder.fpext if kind == DOUBLE else self.builder.fptrunc
        return change(number, kind) if number.type in PRECISION else number

    def _read(self, place: Any) -> Any:
        number = self.builder.load(place)
        if number.type == TYPES["uint32"]:
            return self.builder.zext(number, INTEGER)
        return self._rounded(number, self.kind)

    def _number(self, number: Any) -> Any:
        return ir.Constant(self.kind, ctypes.c_float(number).value if self.kind == SINGLE else number)

    # ---- expressions

    @singledispatchmethod
    def expression(self, node: ast.expr, flags: tuple[str, ...] = ()) -> Any:
        """The value of an expression: a number, a place, or truth."""
        raise NotImplementedError(ast.unparse(node))

    @expression.register
    def _(self, node: ast.Constant, flags: tuple[str, ...] = ()) -> Any:
        return ir.Constant(INTEGER, node.value) if isinstance(node.value, int) else self._number(node.value)

    @expression.register
    def _(self, node: ast.Name, flags: tuple[str, ...] = ()) -> Any:
        if node.id in ("inf", "nan"):
            return self._number(float(node.id))
        return self._read(self.variables[node.id])

    @expression.register
    def _(self, node: ast.Subscript, flags: tuple[str, ...] = ()) -> Any:
        return self._read(self._place(node)[0])

    @expression.register
    def _(self, node: ast.UnaryOp, flags: tuple[str, ...] = ()) -> Any:
        number = self.expression(node.operand)
        if number.type == INTEGER:
            is_known = isinstance(number, ir.Constant)
            return ir.Constant(INTEGER, -number.constant) if is_known else self.builder.neg(number)
        return self.builder.fneg(number)

    @expression.register
    def _(self, node: ast.BinOp, flags: tuple[str, ...] = ()) -> Any:
        # Only the sum at the top of what is added, and its products, may be taken otherwise than written.
        inner = flags if isinstance(node.op, ast.Add) else ()
        left, right = self.expression(node.left, inner), self.expression(node.right, inner)
        number, place = _ARITHMETIC[type(node.op)]
        if left.type == INTEGER:
            return getattr(self.builder, place)(left, right)
        flags = flags if isinstance(node.op, ast.Add | ast.Mult) else ()
        return getattr(self.builder, number)(left, right, flags=flags)

    @expression.register
    def _(self, node: ast.Compare, flags: tuple[str, ...] = ()) -> Any:
        left, right = self.expression(node.left), self.expression(node.comparators[0])
        sign = _COMPARED[type(node.ops[0])]
        if left.type == self.kind:
            return (self.builder.fcmp_unordered if sign == "!=" else self.builder.fcmp_ordered)(sign, left, right)
        return self.builder.icmp_signed(sign, left, right)

    @expression.register
    def _(self, node: ast.BoolOp, flags: tuple[str, ...] = ()) -> Any:
        first, second = map(self.expression, node.values)
        return (self.builder.and_ if isinstance(node.op, ast.And) else self.builder.or_)(first, second)

    @expression.register
    def _(self, node: ast.IfExp, flags: tuple[str, ...] = ()) -> Any:
        condition = self.expression(node.test)
        with self.builder.if_else(condition) as (then, otherwise):
            with then:
                yes = self.expression(node.body)
                from_yes = self.builder.block
            with otherwise:
                no = self.expression(node.orelse)
                from_no = self.builder.block
        chosen = self.builder.phi(yes.type)
        chosen.add_incoming(yes, from_yes)
        chosen.add_incoming(no, from_no)
        return chosen

    @expression.register
    def _(self, node: ast.Call, flags: tuple[str, ...] = ()) -> Any:
        name = ast.unparse(node.func)
        if name == "len":
            return self.batch
        operands = [self.expression(argument) for argument in node.args]
        if name == "float":
            return self.builder.sitofp(operands[0], self.kind)
        if name == "exp":
            return self._exp(*operands)
        if name == "tanh":
            return self._tanh(*operands)
        if name in WRITTEN_OUT:
            return self._written_out(ast.parse(WRITTEN_OUT[name], mode="eval").body, operands)
        if name == "fmod":
            return self.builder.frem(*operands)
        if name in INTRINSICS:
            return self._intrinsic(INTRINSICS[name], *operands)
        operands = [self._rounded(operand, DOUBLE) for operand in operands]
        function = self._external(name.removeprefix("math."), DOUBLE, [DOUBLE] * len(operands))
        return self._rounded(self.builder.call(function, operands), self.kind)

    # ---- exp and tanh, which the C library computes one by one: several at once take a quarter of the time

    def _halved(self, x: Any) -> tuple[Any, Any]:
        """A whole number n, and exp(r) - 1 as a series, where x = n·log 2 + r, so that |r| is at most half of log 2."""

        def times_plus(a: Any, b: Any, c: Any) -> Any:
            return self.builder.fadd(self.builder.fmul(a, b, flags=ONE_STEP), c, flags=ONE_STEP)

        precision = PRECISION[self.kind]
        n = self._intrinsic("floor", times_plus(x, self._number(1.0 / math.log(2.0)), self._number(0.5)))
        r = x
        for part in precision.log_of_2:  # n times the first part is exact
            r = times_plus(n, self._number(-part), r)
        series = self._number(1.0 / math.factorial(precision.terms))
        for power in reversed(range(2, precision.terms)):
            series = times_plus(series, r, self._number(1.0 / math.factorial(power)))
        return self.builder.fptosi(n, precision.bits), times_plus(self.builder.fmul(r, r), series, r)

    def _two_to_the(self, n: Any) -> Any:
        """2ⁿ, for -bias < n <= bias, put together from its bits."""
        precision = PRECISION[self.kind]
        bits = self.builder.add(n, ir.Constant(n.type, precision.bias))
        return self.builder.bitcast(self.builder.shl(bits, ir.Constant(n.type, precision.fraction)), self.kind)

    def _chosen(self, sign: str, x: Any, bound: float, yes: Any, no: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered(sign, x, self._number(bound)), yes, no)

    def _exp(self, x: Any) -> Any:
        (least, most), zero = PRECISION[self.kind][2:4], self._number(0.0)
        inside = self._chosen("<=", x, most, self._chosen(">=", x, least, x, zero), zero)
        n, less_one = self._halved(inside)
        half = self.builder.ashr(n, ir.Constant(n.type, 1))
        rest = self._two_to_the(self.builder.sub(n, half))
        result = self.builder.fadd(less_one, self._number(1.0))
        result = self.builder.fmul(self.builder.fmul(result, self._two_to_the(half)), rest)
        result = self._chosen(">", x, most, self._number(math.inf), result)
        result = self._chosen("<", x, least, zero, result)
        return self.builder.select(self.builder.fcmp_unordered("uno", x, x), x, result)

    def _tanh(self, x: Any) -> Any:
        """(exp(2x) - 1) / (exp(2x) + 1), with the sign put aside."""
        twice, most = self._intrinsic("fabs", self.builder.fadd(x, x)), 40.0  # from 20 on tanh is 1
        n, less_one = self._halved(self._chosen("<", twice, most, twice, self._number(most)))
        power = self._two_to_the(n)
        less_one = self.builder.fmul(less_one, power)
        less_one = self.builder.fadd(less_one, self.builder.fsub(power, self._number(1.0)))
        result = self.builder.fdiv(less_one, self.builder.fadd(less_one, self._number(2.0)))
        result = self._intrinsic("copysign", result, x)
        return self.builder.select(self.builder.fcmp_unordered("uno", x, x), x, result)

    def _intrinsic(self, name: str, *operands: Any) -> Any:
        kind = ir.FunctionType(self.kind, [self.kind] * len(operands))
        function = self.module.declare_intrinsic(f"llvm.{name}", [self.kind], kind)
        return self.builder.call(function, operands)

    def _written_out(self, expression: ast.expr, operands: list[Any]) -> Any:
        earlier, self.variables = self.variables, dict(self.variables)
        for name, operand in zip("ab", operands, strict=False):
            self.variables[name] = self.entry.alloca(self.kind)
            self.builder.store(operand, self.variables[name])
        result = self.expression(expression)
        self.variables = earlier
        return result

    def _external(self, name: str, result: ir.Type, operands: list[ir.Type]) -> Any:
        return self.module.globals.get(name) or ir.Function(self.module, ir.FunctionType(result, operands), name)


def _take_arrays(kernel: Any) -> None:
    """A function `call`, which takes NumPy's arrays in place of where their numbers are, and calls the kernel.

    An array begins as any object does, and then says where its numbers are (`PyArrayObject` of NumPy's C interface).
    To ask for that in Python takes longer than many a kernel.
    """
    call = ir.Function(kernel.module, kernel.function_type, "call")
    builder = ir.IRBuilder(call.append_basic_block())
    *arrays, n_samples = call.args
    where = [builder.gep(array, [ir.Constant(INTEGER, object.__basicsize__)]) for array in arrays]
    pointers = [builder.load(builder.bitcast(each, BYTE.as_pointer().as_pointer())) for each in where]
    builder.ret(builder.call(kernel, [*pointers, n_samples]))


def _target() -> Any:
    """The processor of this machine. An engine takes its own, and ends it."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        features["prefer-256-bit"] = False  # else LLVM takes only four numbers at once where the processor takes eight
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=3, jit=True
    )


def object_code(source: str) -> bytes:
    """The text of `kernel` as an object file for this processor."""
    (definition,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    module = ir.Module()
    _Function(module, definition)
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.loop_unrolling = True
    # They make the code longer and not faster, and the first is at fault in LLVM 22.
    options.slp_vectorization = options.loop_interleaving = False
    target = _target()
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(parsed, builder)
    parsed.verify()  # from invalid code LLVM does not come back
    code: bytes = target.emit_object(parsed)
    return code


Kernel = Callable[..., float]
"""A function of arrays whose entries lie in order of rows, and of the number of samples."""


def kernel_of(source: str, n_arrays: int) -> Kernel:
    """A text that takes so many arrays in machine code, which is made, or has been before and is kept on disk."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(_kept(source)))
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.py_object] * n_arrays, ctypes.c_int64)
    kernel: Kernel = kind(engine.get_function_address("call"))
    kernel.engine = engine  # type: ignore[attr-defined]  # as long as that is there, its code is
    return kernel


def path_of(source: str) -> Path:
    """Where the machine code of a text is kept, for this processor and this Python.

    Raises:
        OSError, RuntimeError: there is no such place.
    """
    processor = llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    translator = [getsource(sys.modules[__name__]), getsource(machine_functions), llvmlite.__version__]
    key = repr((source, translator, llvm.llvm_version_info, processor, object.__basicsize__)).encode()
    folder = Path(user_cache_dir("micrograd_bp"))
    if not folder.is_absolute():
        raise FileNotFoundError(f"{folder} would be another folder for each one that a program is started in")
    return folder / f"{hashlib.sha256(key).hexdigest()}.o"


def _kept(source: str) -> bytes:
    """The machine code of a text. Only a file that is ours, and just what was written to this place, is run."""
    try:
        path = path_of(source)
    except (OSError, RuntimeError):
        return object_code(source)
    with suppress(OSError), path.open("rb") as file:
        status = os.fstat(file.fileno())
        is_ours = os.name == "nt" or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)
        if is_ours and file.read(32) == hmac.digest(path.name.encode(), code := file.read(), "sha256"):
            return code
    code = object_code(source)
    with suppress(OSError):  # nothing is kept where nothing can be written
        _keep(path, code)
    return code


def _keep(path: Path, code: bytes) -> None:
    """Writes a file to which nobody else can write; a link is not followed. The oldest files are removed."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = mkstemp(path.suffix, dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(hmac.digest(path.name.encode(), code, "sha256") + code)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    for old in sorted(path.parent.glob("*.o"), key=os.path.getmtime)[:-MOST_KEPT]:
        old.unlink(missing_ok=True)
