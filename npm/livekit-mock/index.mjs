export { Control, Mock, MockError, NoCall, allGrants, journey, program, startMock } from "./index.cjs";
