// What the React Native page uses of modules that only a phone's tools install: their documented shapes.
declare module "react-native" {
  export const AppState: {
    currentState: "active" | "background" | "inactive" | "unknown" | "extension";
    addEventListener(type: "change", listener: (state: "active" | "background" | "inactive" | "unknown" | "extension") => void): { remove(): void };
  };
}

declare module "expo-secure-store" {
  export function getItemAsync(key: string): Promise<string | null>;
  export function setItemAsync(key: string, value: string): Promise<void>;
  export function deleteItemAsync(key: string): Promise<void>;
}

declare module "@react-native-community/netinfo" {
  interface State {
    isConnected: boolean | null;
  }
  const NetInfo: { addEventListener(listener: (state: State) => void): () => void };
  export default NetInfo;
}
