export { Mock, MockError, program, startMock } from "./index.cjs";
