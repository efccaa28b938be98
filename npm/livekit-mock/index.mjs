export { Control, Mock, MockError, allGrants, program, startMock } from "./index.cjs";
